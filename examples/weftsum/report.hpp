// What is said about the files: their checksums, or whether they are as a list says.
#pragma once
#include <cstdint>

#include "checksum_list.hpp"
#include "console.hpp"
#include "file.hpp"

namespace weftsum {

/// Gets every file once, in the order of the output.
class report {
public:
    virtual ~report() = default;

    virtual void add(file const& f) = 0;

    /// What there is to say after the last file. Returns the exit status.
    virtual int finish() = 0;
};

/// The lines of sha256sum. A file that could not be read makes the exit status 1.
class sum_report : public report {
public:
    explicit sum_report(console& out) : out_(out) {}

    void add(file const& f) override;
    int finish() override { return exit_status_; }

private:
    console& out_;
    int exit_status_ = 0;
};

/// The lines, the warnings and the exit status of `sha256sum -c`.
class check_report : public report {
public:
    /// `list` is asked at the end how it was to read.
    check_report(console& out, checksum_list const& list) : out_(out), list_(list) {}

    void add(file const& f) override;
    int finish() override;

private:
    void warn(std::uint64_t count, char const* one, char const* many);

    console& out_;
    checksum_list const& list_;
    std::uint64_t matched_ = 0;
    std::uint64_t mismatched_ = 0;
    std::uint64_t unreadable_ = 0;
};

}  // namespace weftsum
