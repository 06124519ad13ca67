"""封装 · SM2 signatures and SM4 in plain Python, from the standards GM/T 0002, 0003 and 0004: no package is needed."""
import base64, hashlib, secrets

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62"
    "e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1"
    "e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948")
FK = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)


def add(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] + A) * pow(2 * one[1], -1, P) % P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P) % P
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(number, point):
    total = None
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def sm3(data):
    return hashlib.new("sm3", data).digest()


def sm2_sign(private, text):
    """Base64 of r and s over the text, for the usual identity."""
    d, whom = int(private, 16), b"1234567812345678"
    number = lambda value: value.to_bytes(32, "big")
    public = times(d, G)
    about = sm3((len(whom) * 8).to_bytes(2, "big") + whom + b"".join(map(number, (A, B, *G, *public))))
    e = int.from_bytes(sm3(about + text), "big")
    while True:
        k = secrets.randbelow(N - 1) + 1
        r = (e + times(k, G)[0]) % N
        s = pow(1 + d, -1, N) * (k - r * d) % N
        if r and s and r + k != N:
            return base64.b64encode(number(r) + number(s)).decode()


def sm2_verify(public, text, given):
    """Whether `given` (Base64 of r and s) signs the text by the key whose uncompressed public half is `public` in hex."""
    whom, number = b"1234567812345678", lambda value: value.to_bytes(32, "big")
    point = int(public[2:66], 16), int(public[66:], 16)
    about = sm3((len(whom) * 8).to_bytes(2, "big") + whom + b"".join(map(number, (A, B, *G, *point))))
    e, raw = int.from_bytes(sm3(about + text), "big"), base64.b64decode(given)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    t = (r + s) % N
    return len(raw) == 64 and 0 < r < N and 0 < s < N and t and (e + add(times(s, G), times(t, point))[0]) % N == r


def turn(word, by):
    return (word << by | word >> 32 - by) & 0xFFFFFFFF


def mixed(word):
    return int.from_bytes(bytes(SBOX[byte] for byte in word.to_bytes(4, "big")), "big")


def sm4_open(key, sealed):
    """What was sealed by SM4-ECB with PKCS#7 padding."""
    words = lambda data: [int.from_bytes(data[at:at + 4], "big") for at in range(0, 16, 4)]
    k, rounds = [word ^ fixed for word, fixed in zip(words(bytes.fromhex(key)), FK)], []
    for i in range(32):
        fixed = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big")
        b = mixed(k[1] ^ k[2] ^ k[3] ^ fixed)
        k = k[1:] + [k[0] ^ b ^ turn(b, 13) ^ turn(b, 23)]
        rounds.append(k[3])
    data, out = base64.b64decode(sealed), b""
    for at in range(0, len(data), 16):
        x = words(data[at:at + 16])
        for key_of_round in reversed(rounds):
            b = mixed(x[1] ^ x[2] ^ x[3] ^ key_of_round)
            x = x[1:] + [x[0] ^ b ^ turn(b, 2) ^ turn(b, 10) ^ turn(b, 18) ^ turn(b, 24)]
        out += b"".join(word.to_bytes(4, "big") for word in reversed(x))
    return out[:-out[-1]].decode()
