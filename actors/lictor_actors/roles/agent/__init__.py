"""The agent: every node's front desk."""
