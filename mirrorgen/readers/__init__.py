"""Files that name images: one module for each format, all with the contract of `contract.py`."""
