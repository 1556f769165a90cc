"""What may be said between actors: frozen pydantic models, the envelope, the codec and the table of refusals."""
