"""Copying: what is given to regsync, what holds tags back before, and the proof afterwards."""
