"""Auth methods and binding rules: whose tokens are taken at the login, and what they are worth."""
