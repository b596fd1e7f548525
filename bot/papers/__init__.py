"""Receipts, credit notes, statements and reports as PDF: `facts` holds what is printed, `printing` prints it.

Knows no donor: a paper carries no name. Imports nothing here, so that nobody pays for papers who prints none.
"""
