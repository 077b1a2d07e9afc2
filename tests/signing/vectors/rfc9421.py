"""The keys, messages and signatures of RFC 9421 (sections 2.4, 4.3 and appendix B), which are public."""

from __future__ import annotations

import base64
from typing import NamedTuple

from signing.http_signature import HttpMessage
from signing.keys import Key

RSA_PUBLIC = """\
-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----
"""
PSS_PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
"""
P256_PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
ED25519_PRIVATE = """\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
SECRET = base64.b64decode(
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)

KEYS = {
    "test-key-rsa": Key.public_pem("test-key-rsa", RSA_PUBLIC.encode()),
    "test-key-rsa-pss": Key.public_pem("test-key-rsa-pss", PSS_PUBLIC.encode()),
    "test-key-ecc-p256": Key.public_pem("test-key-ecc-p256", P256_PUBLIC.encode()),
    "test-key-ed25519": Key.private_pem("test-key-ed25519", ED25519_PRIVATE.encode()).public(),
    "test-shared-secret": Key.symmetric("test-shared-secret", SECRET),
}

REQUEST_DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)
RESPONSE_DIGEST = (
    "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
)
REQUEST_BODY = b'{"hello": "world"}'
RESPONSE_BODY = b'{"message": "good dog"}'

REQUEST = HttpMessage(
    "POST",
    "example.com",
    "/foo?param=Value&Pet=dog",
    {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Digest": REQUEST_DIGEST,
        "Content-Length": "18",
    },
    REQUEST_BODY,
)
RESPONSE = HttpMessage(
    "POST",
    "example.com",
    "/foo?param=Value&Pet=dog",
    {
        "Date": "Tue, 20 Apr 2021 02:07:56 GMT",
        "Content-Type": "application/json",
        "Content-Digest": RESPONSE_DIGEST,
        "Content-Length": "23",
    },
    RESPONSE_BODY,
    status=200,
)
PROXIED = HttpMessage(
    "POST",
    "origin.host.internal.example",
    "/foo?param=Value&Pet=dog",
    {
        "Host": "origin.host.internal.example",
        "Date": "Tue, 20 Apr 2021 02:07:56 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
        "Forwarded": "for=192.0.2.123;host=example.com;proto=https",
        "Content-Digest": REQUEST_DIGEST,
    },
    REQUEST_BODY,
)
DEMO = HttpMessage(
    "GET",
    "example.org",
    "/demo?name1=Value1&Name2=value2",
    {"Host": "example.org", "Date": "Fri, 15 Jul 2022 14:24:55 GMT", "Accept": "application/json, */*"},
    b"",
)


class Case(NamedTuple):
    """One published signature: what it is over, under which list and parameters, its base and its value."""

    name: str
    algorithm: str
    message: HttpMessage
    covered: str
    base: tuple[str, ...]
    value: str


CASES = (
    Case(
        "B.2.1 minimal",
        "rsa-pss-sha512",
        REQUEST,
        '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
        (),
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzX"
        "aJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE5"
        "6YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7"
        "EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==",
    ),
    Case(
        "B.2.2 selective",
        "rsa-pss-sha512",
        REQUEST,
        '("@authority" "content-digest" "@query-param";name="Pet")'
        ';created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
        (
            '"@authority": example.com',
            f'"content-digest": {REQUEST_DIGEST}',
            '"@query-param";name="Pet": dog',
        ),
        "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowO"
        "B4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoF"
        "qWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUq"
        "iYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==",
    ),
    Case(
        "B.2.3 full",
        "rsa-pss-sha512",
        REQUEST,
        '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")'
        ';created=1618884473;keyid="test-key-rsa-pss"',
        (
            '"date": Tue, 20 Apr 2021 02:07:55 GMT',
            '"@method": POST',
            '"@path": /foo',
            '"@query": ?param=Value&Pet=dog',
            '"@authority": example.com',
            '"content-type": application/json',
            f'"content-digest": {REQUEST_DIGEST}',
            '"content-length": 18',
        ),
        "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768Zr"
        "CUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW"
        "91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJz"
        "SRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==",
    ),
    Case(
        "B.2.4 response",
        "ecdsa-p256-sha256",
        RESPONSE,
        '("@status" "content-type" "content-digest" "content-length")'
        ';created=1618884473;keyid="test-key-ecc-p256"',
        (
            '"@status": 200',
            '"content-type": application/json',
            f'"content-digest": {RESPONSE_DIGEST}',
            '"content-length": 23',
        ),
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==",
    ),
    Case(
        "B.2.5 hmac",
        "hmac-sha256",
        REQUEST,
        '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        (
            '"date": Tue, 20 Apr 2021 02:07:55 GMT',
            '"@authority": example.com',
            '"content-type": application/json',
        ),
        "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
    ),
    Case(
        "B.2.6 ed25519",
        "ed25519",
        REQUEST,
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"',
        (
            '"date": Tue, 20 Apr 2021 02:07:55 GMT',
            '"@method": POST',
            '"@path": /foo',
            '"@authority": example.com',
            '"content-type": application/json',
            '"content-length": 18',
        ),
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
    ),
    Case(
        "2.5 figure 1",
        "rsa-pss-sha512",
        REQUEST,
        '("@method" "@authority" "@path" "content-digest" "content-length" "content-type")'
        ';created=1618884473;keyid="test-key-rsa-pss"',
        (
            '"@method": POST',
            '"@authority": example.com',
            '"@path": /foo',
            f'"content-digest": {REQUEST_DIGEST}',
            '"content-length": 18',
            '"content-type": application/json',
        ),
        "HIbjHC5rS0BYaa9v4QfD4193TORw7u9edguPh0AW3dMq9WImrlFrCGUDih47vAxi4L2YRZ3XMJc1uOKk/J0ZmZ+wcta4nKIgBkKq0rM"
        "9hs3CQyxXGxHLMCy8uqK488o+9jrptQ+xFPHK7a9sRL1IXNaagCNN3ZxJsYapFj+JXbmaI5rtAdSfSvzPuBCh+ARHBmWuNo1UzVVdHX"
        "rl8ePL4cccqlazIJdC4QEjrF+Sn4IxBQzTZsL9y9TP5FsZYzHvDqbInkTNigBcE9cKOYNFCn4D/WM7F6TNuZO9EgtzepLWcjTymlHzK"
        "7aXq6Am6sfOrpIC49yXjj3ae6HRalVc/g==",
    ),
    Case(
        "4.3 proxy",
        "rsa-v1_5-sha256",
        PROXIED,
        '("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded")'
        ';created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540',
        (
            '"@method": POST',
            '"@authority": origin.host.internal.example',
            '"@path": /foo',
            f'"content-digest": {REQUEST_DIGEST}',
            '"content-type": application/json',
            '"content-length": 18',
            '"forwarded": for=192.0.2.123;host=example.com;proto=https',
        ),
        "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpXJ"
        "leXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+"
        "7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp"
        "770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==",
    ),
    Case(
        "B.4 transform",
        "ed25519",
        DEMO,
        '("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
        (
            '"@method": GET',
            '"@path": /demo',
            '"@authority": example.org',
            '"accept": application/json, */*',
        ),
        "ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==",
    ),
)
