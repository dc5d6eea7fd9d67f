// Sends back whatever arrives, in C: one thread, one epoll, no frames. What the system calls alone cost.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, BYTES = 64 * 1024, BACKLOG = 4096 };

// A connection that the system has no room for: what is left, until there is.
struct rest {
  char *bytes;
  long from, to;
};

static int epoll_fd;
static struct rest rests[1 << 20];

static void watch(int fd, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll_fd, operation, fd, &event) < 0) exit(1);
}

static void forget(int fd) {
  free(rests[fd].bytes);
  rests[fd].bytes = NULL;
}

static void over(int fd) {
  forget(fd);
  close(fd);
}

static void keep(int fd, const char *bytes, long length) {
  struct rest *rest = &rests[fd];
  rest->bytes = malloc(length);
  memcpy(rest->bytes, bytes, length);
  rest->from = 0;
  rest->to = length;
  // Nothing more is read before it is gone.
  watch(fd, EPOLL_CTL_MOD, EPOLLOUT);
}

static void echo(int fd) {
  static char bytes[BYTES];
  ssize_t length = recv(fd, bytes, BYTES, 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return over(fd);
  ssize_t taken = send(fd, bytes, length, MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN) return over(fd);
  if (taken < 0) taken = 0;
  if (taken < length) keep(fd, bytes + taken, length - taken);
}

static void go_on(int fd) {
  struct rest *rest = &rests[fd];
  ssize_t taken = send(fd, rest->bytes + rest->from, rest->to - rest->from, MSG_NOSIGNAL);
  if (taken < 0 && errno == EAGAIN) return;
  if (taken < 0) return over(fd);
  rest->from += taken;
  if (rest->from < rest->to) return;
  forget(fd);
  watch(fd, EPOLL_CTL_MOD, EPOLLIN);
}

static void accept_all(int server) {
  int one = 1;
  for (int fd; (fd = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int answer(void) {
  char line[64];
  if (read(0, line, sizeof line) <= 0) return 0;
  puts("{}");
  fflush(stdout);
  return 1;
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(server, (struct sockaddr *)&address, length) < 0 || listen(server, BACKLOG) < 0) return 1;
  getsockname(server, (struct sockaddr *)&address, &length);
  epoll_fd = epoll_create1(0);
  watch(server, EPOLL_CTL_ADD, EPOLLIN);
  watch(0, EPOLL_CTL_ADD, EPOLLIN);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == server) accept_all(fd);
      else if (fd == 0) {
        if (!answer()) return 0;
      } else if (rests[fd].bytes != NULL) go_on(fd);
      else echo(fd);
    }
  }
}
