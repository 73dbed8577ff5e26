#pragma once
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/sync.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weft {

/// What becomes of a value for a subscriber whose channel is full.
enum class overflow {
    wait,         ///< the sender waits: nothing is lost, the slowest subscriber sets the pace
    drop_oldest,  ///< the subscriber loses the oldest value it has not received yet
    drop_newest,  ///< the subscriber does not get this value
};

/// Sends every value to whoever is subscribed at that moment.
///
/// All subscribers see the values in the same order. A handle is not needed: the object is shared by reference and outlives
/// its subscriptions, or not: those then see a closed channel.
///
/// Thread safety: any member from any fiber or thread, except the destructor.
template <class T>
class broadcast {
    struct subscriber {
        chan<T> channel;
        overflow when_full = overflow::wait;
    };
    struct hub {
        std::mutex lock;  // held for a few steps, never over a wait
        std::vector<std::shared_ptr<subscriber>> subscribers;
        bool closed = false;
    };

public:
    /// A place among the receivers, until it is destroyed.
    class subscription {
    public:
        /// The place moves along.
        subscription(subscription&&) noexcept = default;
        /// Leaves the place it had.
        subscription& operator=(subscription&& other) noexcept {
            if (this != &other) {
                leave();
                hub_ = std::move(other.hub_);
                self_ = std::move(other.self_);
            }
            return *this;
        }
        /// Leaves. A sender that waits for this subscriber goes on.
        ~subscription() { leave(); }

        /// What is sent from now on; closed with the broadcast.
        recv_chan<T> channel() const noexcept { return self_->channel; }
        /// Waits for the next value. `nullopt`: the broadcast is closed.
        std::optional<T> recv() const { return self_->channel.recv(); }
        /// Waits for the first value; the loop ends when the broadcast is closed.
        chan_iterator<T> begin() const { return self_->channel.begin(); }
        /// The end of such a loop.
        chan_sentinel end() const noexcept { return {}; }

    private:
        friend class broadcast;
        subscription(std::shared_ptr<hub> of, std::shared_ptr<subscriber> self) noexcept
            : hub_(std::move(of)), self_(std::move(self)) {}

        void leave() noexcept {
            if (self_ == nullptr) return;
            {
                std::scoped_lock guard(hub_->lock);
                if (std::erase(hub_->subscribers, self_) == 0) return;  // closed already, with the broadcast
            }
            self_->channel.close();
        }

        std::shared_ptr<hub> hub_;
        std::shared_ptr<subscriber> self_;
    };

    broadcast() : hub_(std::make_shared<hub>()) {}
    broadcast(broadcast const&) = delete;
    broadcast& operator=(broadcast const&) = delete;
    /// Closes.
    ~broadcast() { close(); }

    /// From now on every value is sent to the subscription as well, which buffers `capacity` of them.
    /// Errors: `std::invalid_argument` for a negative capacity, and for `drop_oldest` without one.
    [[nodiscard]] subscription subscribe(std::ptrdiff_t capacity = 16, overflow when_full = overflow::wait) {
        if (capacity == 0 && when_full == overflow::drop_oldest)
            throw std::invalid_argument("weft::broadcast: drop_oldest needs a capacity: there is nothing to drop");
        auto self = std::make_shared<subscriber>(subscriber{make_chan<T>(capacity), when_full});
        std::scoped_lock guard(hub_->lock);
        if (hub_->closed)
            self->channel.close();
        else
            hub_->subscribers.push_back(self);
        return subscription(hub_, std::move(self));
    }

    /// Sends a copy of `value` to each subscriber.
    /// Blocks: while a subscriber with `overflow::wait` has no room.
    /// Errors: `closed_channel` after `close`; `cancelled`, some subscribers may have got the value then.
    void send(T const& value) {
        std::scoped_lock in_turn(sending_);
        std::vector<std::shared_ptr<subscriber>> now;
        {
            std::scoped_lock guard(hub_->lock);
            if (hub_->closed) throw closed_channel("weft::broadcast: send after close");
            now = hub_->subscribers;
        }
        for (auto const& to : now) deliver(*to, value);
    }

    /// Closes the channels of all subscribers. A second call does nothing.
    void close() noexcept {
        std::vector<std::shared_ptr<subscriber>> last;
        {
            std::scoped_lock guard(hub_->lock);
            hub_->closed = true;
            last.swap(hub_->subscribers);
        }
        for (auto const& s : last) s->channel.close();
    }

    /// How many there are now.
    std::size_t subscribers() const {
        std::scoped_lock guard(hub_->lock);
        return hub_->subscribers.size();
    }

private:
    // One that leaves meanwhile closes its channel.
    static void deliver(subscriber const& to, T const& value) {
        switch (to.when_full) {
        case overflow::wait: try { to.channel.send(value);
            } catch (closed_channel const&) {}
            break;
        case overflow::drop_newest: to.channel.try_send(value); break;
        case overflow::drop_oldest:
            while (to.channel.try_send(value) == chan_status::would_block) {
                std::optional<T> dropped;
                to.channel.try_recv(dropped);
            }
            break;
        }
    }

    mutex sending_;  // one value at a time, so that all see the same order
    std::shared_ptr<hub> hub_;
};

}  // namespace weft
