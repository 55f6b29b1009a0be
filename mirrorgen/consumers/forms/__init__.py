"""What points those who run images at the mirror: one module for each form, all with the contract of `contract.py`."""
