#pragma once
// From the system's description of a file to ours.

#include "system_table.hpp"

#include <weft/metadata.hpp>

#include <dirent.h>
#include <sys/sysmacros.h>

namespace weft::detail {

inline fs::file_type type_of_mode(unsigned mode) noexcept {
    switch (mode & S_IFMT) {
    case S_IFREG: return fs::file_type::regular;
    case S_IFDIR: return fs::file_type::directory;
    case S_IFLNK: return fs::file_type::symlink;
    case S_IFIFO: return fs::file_type::fifo;
    case S_IFSOCK: return fs::file_type::socket;
    case S_IFCHR: return fs::file_type::character_device;
    case S_IFBLK: return fs::file_type::block_device;
    default: return fs::file_type::unknown;
    }
}

/// Of an entry as a directory describes it: DT_UNKNOWN where the file system keeps that elsewhere.
inline fs::file_type type_of_entry(unsigned char type) noexcept { return type_of_mode(DTTOIF(unsigned{type})); }

inline fs::file_time time_of(statx_timestamp const& t) noexcept {
    return fs::file_time(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

inline fs::metadata metadata_of(struct statx const& s) noexcept {
    fs::metadata m;
    m.type = type_of_mode(s.stx_mode);
    m.permissions = s.stx_mode & 07777;
    m.size = s.stx_size;
    m.allocated = s.stx_blocks * 512;
    m.owner = s.stx_uid;
    m.group = s.stx_gid;
    m.link_count = s.stx_nlink;
    m.device = makedev(s.stx_dev_major, s.stx_dev_minor);
    m.inode = s.stx_ino;
    m.modified = time_of(s.stx_mtime);
    m.accessed = time_of(s.stx_atime);
    m.changed = time_of(s.stx_ctime);
    if ((s.stx_mask & STATX_BTIME) != 0) m.created = time_of(s.stx_btime);
    return m;
}

}  // namespace weft::detail
