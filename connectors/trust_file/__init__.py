"""A trust company: one signed form gateway, decisions by callback, money movements in daily files."""
