#pragma once
#include <string>
#include <vector>

#include "protocol.hpp"
#include "store.hpp"

namespace redis {

/// Does what `words` ask for, the first of which is the command's name, and answers: one reply, an error if it must be.
void execute(std::vector<std::string>& words, store& data, reply answer);

}  // namespace redis
