"""CJM Lab: the customer journey map, computed from evidence."""
