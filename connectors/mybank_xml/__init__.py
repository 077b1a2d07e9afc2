"""An internet bank: whole XML documents under XML-DSig, yuan, one gateway, decisions by notification."""
