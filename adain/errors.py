"""The errors a user can meet. Each message says what was got, what was wanted and what to do."""


class AdainError(Exception):
    """Base of every error this project raises on purpose."""


class PictureError(AdainError):
    """A picture cannot be read or written."""


class StyleError(AdainError):
    """A style is unknown, unreadable, or was made for another model."""


class WeightsError(AdainError):
    """Weights are missing, damaged, or not the ones the registry names."""


class DeviceError(AdainError):
    """The device or number format asked for cannot be had on this machine."""


class OptionError(AdainError, ValueError):
    """An option lies outside its range."""


class TrainingError(AdainError):
    """Training cannot start or go on."""


class CameraError(AdainError):
    """A camera, or the clip that stands in for one, gives no picture; or a virtual camera takes none."""


class VideoError(AdainError):
    """A video cannot be read or written."""
