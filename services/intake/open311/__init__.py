"""Open311 GeoReport v2 at `/open311/v2`: the standard by which apps speak with municipalities."""
