"""Writes small files in the MaxMind DB format (version 2.0): networks and what is known of them."""
import ipaddress


def control(kind, size):
    assert size < 29
    return bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])


def encode(value, kind=None):
    if isinstance(value, str):
        return control(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encode(key) + encode(one) for key, one in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(encode(one) for one in value)
    kind, number = value  # 5, 6, 9: unsigned with 16, 32, 64 bits
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return control(kind, len(octets)) + octets


def mmdb(networks, of_kind="Test-Country"):
    """The octets of a file. `networks`: what is known, by network, such as {"192.0.2.0/24": {"country": {"iso_code": "DE"}}}."""
    root = [None, None]
    for network, known in sorted(networks.items(), key=lambda item: ipaddress.ip_network(item[0]).prefixlen):
        network = ipaddress.ip_network(network)
        of_v4 = 96 if network.version == 4 else 0
        bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[:network.prefixlen]
        node = root
        for bit in ("0" * of_v4 + bits)[:-1]:
            if not isinstance(node[int(bit)], list):
                node[int(bit)] = [node[int(bit)]] * 2
            node = node[int(bit)]
        node[int(bits[-1])] = known
    nodes, at = [root], 0
    while at < len(nodes):
        nodes += [side for side in nodes[at] if isinstance(side, list)]
        at += 1
    number = {id(node): i for i, node in enumerate(nodes)}
    data, offsets, tree = b"", {}, b""
    for node in nodes:
        for side in node:
            if isinstance(side, list):
                record = number[id(side)]
            elif side is None:
                record = len(nodes)
            else:
                octets = encode(side)
                if octets not in offsets:
                    offsets[octets] = len(data)
                    data += octets
                record = len(nodes) + 16 + offsets[octets]
            tree += record.to_bytes(3, "big")
    about = {"node_count": (6, len(nodes)), "record_size": (5, 24), "ip_version": (5, 6), "database_type": of_kind, "languages": ["en"],
             "binary_format_major_version": (5, 2), "binary_format_minor_version": (5, 0), "build_epoch": (9, 1_700_000_000), "description": {"en": "a test"}}
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(about)


def countries(**networks):
    return mmdb({network: {"country": {"iso_code": code}} for code, network in networks.items()})
