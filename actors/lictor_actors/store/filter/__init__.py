"""Filter expressions: the grammar, and what they select."""
