"""The structs of Consul's JSON that Lictor reads and writes: where each departs from the record that says its fields.

A new field is declared in its record, in ``lictor_messages``. Here stand the names of structs, the names that are
read and kept nowhere, and the fields that are written without being kept.
"""
