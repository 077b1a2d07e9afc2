"""SM2 with SM3 (GB/T 32918, GM/T 0003, GM/T 0009): a portable and a fast engine, room for an HSM."""

from signing.sm2.digest import DEFAULT_USER_ID, LONGEST_USER_ID, za
from signing.sm2.engine import EngineChoice, choose_engine
from signing.sm2.formats import CipherFormat, SignatureFormat
from signing.sm2.keys import Sm2PrivateKey, Sm2PublicKey
from signing.sm2.port import Engine, EngineAbsent, PrivateHandle, PublicHandle

__all__ = [
    "DEFAULT_USER_ID",
    "LONGEST_USER_ID",
    "CipherFormat",
    "Engine",
    "EngineAbsent",
    "EngineChoice",
    "PrivateHandle",
    "PublicHandle",
    "SignatureFormat",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "choose_engine",
    "za",
]
