"""Hosts turn effects into deeds: live (asyncio and nng) and the world (virtual time, one seed)."""
