"""Why a transform cannot be given; the classes of tf2."""


class TransformException(Exception):
    """Any of the reasons below."""


class LookupException(TransformException):
    """A frame has never been heard of."""


class ConnectivityException(TransformException):
    """Both frames are known, and no chain of transforms joins them."""


class ExtrapolationException(TransformException):
    """The chain exists, and no data surrounds the requested time."""


class InvalidArgumentException(TransformException):
    """A frame name is empty or begins with a slash."""


class TimeoutException(TransformException):
    """Waiting took too long. Look-ups in a buffer report what they waited for instead; remote look-ups raise this."""
