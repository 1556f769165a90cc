"""OpenAPI of the HTTP interface, made from the routes by watching what each endpoint reads."""
