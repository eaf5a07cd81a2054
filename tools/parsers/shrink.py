"""Makes what differs smaller, as long as it differs."""


def shrink(data, differs):
    """The smallest that it finds, by leaving out parts, and parts of parts."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in parts(data):
            if differs(candidate):
                data = candidate
                smaller = True
                break
    return data


def parts(data):
    """The same with a part less, the larger parts first."""
    if isinstance(data, (bytes, str)):
        size = len(data) // 2
        while size:
            for start in range(0, len(data), size):
                yield data[:start] + data[start + size:]
            size //= 2
        if len(data) == 1:
            yield data[:0]
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield data[:number] + data[number + 1:]
            for each in parts(item):
                yield data[:number] + [each] + data[number + 1:]
    elif isinstance(data, tuple):
        for number, item in enumerate(data):
            for each in parts(item):
                yield data[:number] + (each,) + data[number + 1:]
    elif isinstance(data, dict):
        for key, value in data.items():
            yield {name: data[name] for name in data if name != key}
            for each in parts(value):
                yield {**data, key: each}
