// SPDX-License-Identifier: Apache-2.0
// The names of rclcpp that docs/how-to/realtime.md uses, declared as rclcpp declares them, without
// what they do: the sketch there is compiled against them, never run.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

namespace builtin_interfaces::msg {
struct Time {
  int32_t sec;
  uint32_t nanosec;
};
}  // namespace builtin_interfaces::msg

namespace std_msgs::msg {
struct Header {
  builtin_interfaces::msg::Time stamp;
};
}  // namespace std_msgs::msg

namespace geometry_msgs::msg {
struct Vector3 {
  double x, y, z;
};
struct Quaternion {
  double x, y, z, w;
};
struct Twist {
  Vector3 linear, angular;
};
struct TwistWithCovariance {
  Twist twist;
};
}  // namespace geometry_msgs::msg

namespace sensor_msgs::msg {
struct Imu {
  std_msgs::msg::Header header;
  geometry_msgs::msg::Quaternion orientation;
  geometry_msgs::msg::Vector3 angular_velocity;
};
}  // namespace sensor_msgs::msg

namespace nav_msgs::msg {
struct Odometry {
  std_msgs::msg::Header header;
  geometry_msgs::msg::TwistWithCovariance twist;
};
}  // namespace nav_msgs::msg

namespace rclcpp {

void init(int argc, char const* const* argv);
bool shutdown();

class Time {
 public:
  explicit Time(const builtin_interfaces::msg::Time& stamp);
  int64_t nanoseconds() const;
};

enum class CallbackGroupType { MutuallyExclusive, Reentrant };
struct CallbackGroup {
  using SharedPtr = std::shared_ptr<CallbackGroup>;
};
struct SensorDataQoS {};
struct SubscriptionOptions {
  CallbackGroup::SharedPtr callback_group;
};
template <class Message>
struct Subscription {
  using SharedPtr = std::shared_ptr<Subscription>;
};
struct TimerBase {
  using SharedPtr = std::shared_ptr<TimerBase>;
};
namespace node_interfaces {
struct NodeBaseInterface {
  using SharedPtr = std::shared_ptr<NodeBaseInterface>;
};
}  // namespace node_interfaces

class Node {
 public:
  explicit Node(const std::string& name);
  virtual ~Node();
  CallbackGroup::SharedPtr create_callback_group(CallbackGroupType type,
                                                 bool automatically_add_to_executor = true);
  template <class Message, class Callback>
  typename Subscription<Message>::SharedPtr create_subscription(const std::string&,
                                                                const SensorDataQoS&, Callback&&,
                                                                const SubscriptionOptions&) {
    static_assert(std::is_invocable_v<Callback, const Message&>);
    return nullptr;
  }
  template <class Callback>
  TimerBase::SharedPtr create_wall_timer(std::chrono::milliseconds, Callback,
                                         CallbackGroup::SharedPtr) {
    static_assert(std::is_invocable_v<Callback>);
    return nullptr;
  }
  Time now() const;
  node_interfaces::NodeBaseInterface::SharedPtr get_node_base_interface();
};

namespace executors {
class SingleThreadedExecutor {
 public:
  void add_callback_group(CallbackGroup::SharedPtr group,
                          node_interfaces::NodeBaseInterface::SharedPtr node);
  void spin();
};
}  // namespace executors

}  // namespace rclcpp
