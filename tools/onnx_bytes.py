"""Writes ONNX files with the standard library and numpy alone: the few protobuf messages that a feed-forward
network needs (field numbers as in onnx.proto3, https://onnx.ai/onnx/repo-docs/IR.html)."""
import struct


def varint(number):
    number &= (1 << 64) - 1  # negative numbers take ten bytes
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """One field: an int as varint, a float as 32 bits, text and messages with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, array):
    """TensorProto of a float32 (type 1) or int64 (type 7) array."""
    kind = {"float32": 1, "int64": 7}[array.dtype.name]
    dims = b"".join(field(1, int(d)) for d in array.shape)
    return dims + field(2, kind) + field(8, name) + field(9, array.tobytes())


def attribute(name, value):
    """AttributeProto of an int (type 2), a float (type 1), a text (type 3) or a list of ints (type 7)."""
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, 3)
    if isinstance(value, float):
        return field(1, name) + field(2, value) + field(20, 1)
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, int(v)) for v in value) + field(20, 7)


def node(kind, name, inputs, outputs, **attributes):
    return (b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(3, name)
            + field(4, kind) + b"".join(field(5, attribute(k, v)) for k, v in attributes.items()))


def value_info(name, shape):
    """ValueInfoProto of a float32 tensor; a text in the shape is a symbolic dimension."""
    dims = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model(name, nodes, tensors, inputs, outputs, opset=13, producer="mho"):
    """The bytes of a ModelProto. `tensors`: name to array; `inputs`, `outputs`: name to shape."""
    graph = (b"".join(field(1, n) for n in nodes) + field(2, name)
             + b"".join(field(5, tensor(n, a)) for n, a in tensors.items())
             + b"".join(field(11, value_info(n, s)) for n, s in inputs.items())
             + b"".join(field(12, value_info(n, s)) for n, s in outputs.items()))
    return field(1, 7) + field(2, producer) + field(7, graph) + field(8, field(1, "") + field(2, opset))
