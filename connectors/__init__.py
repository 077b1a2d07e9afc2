"""Translation between our words and each partner's dialect; pure but for transport and exchange."""
