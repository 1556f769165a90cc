"""``encrypt`` and what goes with it: the keys of gossip in an agent's configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from lictor_actors.bus.keyring import KeyRefused, read_key
from lictor_actors.hosts.live.keyring_files import has_keyring_file
from lictor_deploy.config.option import Section, Word, option
from lictor_messages.keyring import GossipEncryption


def gossip_key(text: str) -> str:
    """A key in base64, or none."""
    try:
        if text:
            read_key(text)
        return text
    except KeyRefused as refused:
        # The refused text may be a key with a typing error, so the sentence does not repeat it.
        raise ValueError(f"{{key}} is no gossip key: {refused}. Make one with `lictor keygen`.") from None


GossipKey = Annotated[str, AfterValidator(gossip_key), Word("text")]


class EncryptKeys(Section):
    """The keys of the agent's configuration that Consul has beside each other at the top."""

    encrypt: GossipKey = option(
        "Encrypt gossip with this key, see `lictor keygen`; a keyring file in the data directory goes before it.",
        default="",
        flag="encrypt",
    )
    encrypt_verify_incoming: bool = option(
        "Refuse gossip that is not encrypted; false while a cluster changes over.",
        default=True,
        feeds="gateway.encrypt_verify_incoming",
    )
    encrypt_verify_outgoing: bool = option(
        "Encrypt what this agent says in gossip; false while a cluster changes over.",
        default=True,
        feeds="gateway.encrypt_verify_outgoing",
    )
    disable_keyring_file: bool = option("Keep gossip keys in memory alone.", default=False, flag="disable-keyring-file")

    def encryption(self, data_dir: str) -> GossipEncryption | None:
        """None without a key, here or in a keyring file."""
        kept = bool(data_dir) and not self.disable_keyring_file and has_keyring_file(data_dir)
        if not self.encrypt and not kept:
            return None
        return GossipEncryption(
            key=self.encrypt,
            verify_incoming=self.encrypt_verify_incoming,
            verify_outgoing=self.encrypt_verify_outgoing,
            keyring_file=not self.disable_keyring_file,
        )
