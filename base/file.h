#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace noema {

/// The whole content of a regular file. Throws Error when it is none, unreadable or larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{4} << 30);

/// Writes a file: it is there whole, or as it was before. A new file is written under another name and takes the place
/// of `path` when it is on the disk; it keeps the mode of the one before, and what links at the end of the path lead to
/// is what is replaced. Devices, pipes, and the files that are this process's standard output are written to as they
/// are. Makes the parent folders. Throws Error, with nothing left behind, when the disk is full or the path unwritable.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Appends to a file, or makes it, and syncs. What a full disk or a crash cut short is at the end of the file. Throws
/// Error, with the file as long as it was before, when it cannot be written.
void append_file(const std::filesystem::path& path, std::string_view content);

/// Takes away what a crash left after the last whole line of a file, if there is one. Throws Error.
void cut_torn_line(const std::filesystem::path& path);

/// SHA-256 of a text or of a file's content, as 64 lower-case hex digits.
std::string sha256(std::string_view content);
std::string sha256_file(const std::filesystem::path& path);

/// The JSON in a file. Throws Error as read_file and parse_json do.
nlohmann::json read_json(const std::filesystem::path& path);

}  // namespace noema
