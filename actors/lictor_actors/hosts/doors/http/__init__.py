"""HTTP on sockets: a thin protocol on httptools."""
