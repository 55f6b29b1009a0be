"""What other files name, as a list has it: entries of a new list, or what is missing in one that is there."""
