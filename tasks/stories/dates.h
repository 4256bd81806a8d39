#pragma once

#include "tasks/stories/story.h"
#include "tasks/stories/telling.h"

namespace noema::stories {

/// A story of the time family: events, each with its day, month, hour or year, and which of them is the first or last.
Story make_dated(const Telling& telling);
Words dated_patterns();

}  // namespace noema::stories
