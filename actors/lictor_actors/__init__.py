"""The actors of Lictor, the cores inside them and the hosts that run them."""
