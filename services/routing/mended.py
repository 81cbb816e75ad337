"""What the page of the boundary says of what was found in it, and of why it was refused."""

from __future__ import annotations

from libs.text import said

FOUND = {
    "united": said("%(count)s areas were put together into one."),
    "lines_closed": said("%(count)s closed lines were taken for outlines."),
    "ignored": said("%(count)s points or lines are no outlines and were left out."),
    "heights_dropped": said("Heights were left out; a boundary has none."),
    "reprojected": said("The metres of %(name)s were turned into degrees."),
    "swapped": said("Latitude stood before longitude; they were swapped, so that it lies at home."),
    "maybe_swapped": said(
        "With latitude and longitude swapped it would lie in the country as well. Look at the map:"
        " is this the place?"
    ),
    "closed": said("%(count)s outlines did not end where they begin; they were closed."),
    "flat_dropped": said("%(count)s outlines with fewer than three corners were left out."),
    "crossed": said("%(count)s outlines were not sound (%(why)s near %(at)s); they were mended."),
    "slips_dropped": said("%(count)s parts below a hundred square metres were left out."),
    "simplified": said(
        "%(before)s points became %(after)s; the line moved by no more than about %(metres)s m."
    ),
    "holes": said("There are %(count)s holes, %(km2)s km² together: requests there are not yours."),
    "far_from_home": said("It lies far from where your time zone is. Look at the map."),
}

REFUSED = {
    "empty": said("Choose a district or a file first."),
    "not_json": said("This is no JSON file. Export it as GeoJSON, for instance in QGIS."),
    "not_geojson": said("This is no GeoJSON. Export it as GeoJSON, for instance in QGIS."),
    "no_area": said("There is no area in it. A boundary is a polygon, or a line that is closed."),
    "unreadable": said("The positions in it cannot be read: they must be pairs of numbers."),
    "metres": said(
        "The numbers are metres of a projection and not degrees, and the file does not say of which"
        " one. Choose it below by where it would lie, or export as WGS 84 (EPSG:4326)."
    ),
    "unknown_projection": said(
        "The file is in the projection “%(name)s”, which is not known here. Export it as WGS 84"
        " (EPSG:4326)."
    ),
    "wrong_projection": said("In %(name)s these metres would not lie in the country."),
    "degrees_already": said("The positions are degrees already; leave the projection open."),
    "off_the_map": said("The positions are outside the earth: no longitudes and latitudes."),
}

WHY = {
    "Self-intersection": said("it crosses itself"),
    "Ring Self-intersection": said("it touches itself"),
    "Hole lies outside shell": said("a hole lies outside"),
    "Holes are nested": said("holes lie in each other"),
    "Nested shells": said("areas lie in each other"),
    "Duplicate Rings": said("a line is there twice"),
    "Interior is disconnected": said("a hole cuts it apart"),
}
