// The load generator: one thread, one epoll. load.mjs does the same where there is no C compiler.
//
//   load MODE PORT CONNECTIONS SIZE DEPTH RATE
//
//   echo       each connection sends DEPTH frames of SIZE bytes at once, and the next when all have come back
//   broadcast  the last connection sends DEPTH frames at once, and the next when every connection has got them all
//   paced      RATE frames a second over all connections, on time whether or not answers come
//   churn      CONNECTIONS at a time are opened, exchange a frame and are closed
//   hold       each connection exchanges a frame and stays open
//
// Prints {} when it is connected. A line with a number of milliseconds runs it for that long, until all answers are back; what
// came of it is printed as JSON. Ends with its standard input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"

enum { HEADER = 4, EVENTS = 1024, READ_BYTES = 256 * 1024, AT_ONCE = 256, GIVE_UP_MS = 10000 };
// Ports are given per source address: more addresses of the loopback network, more connections.
enum { SOURCES = 8, PER_SOURCE = 20000 };

struct connection {
  int fd;
  int connected;
  long missing;  // bytes of answers to come
  long unsent;   // bytes that the system had no room for
  double *sent;  // paced: when the frames under way should have been sent, a ring
  int first, under_way, room;
};

static int epoll_fd, port, count, depth, is_running;
static long size, rate, frame_bytes, batch_bytes, frames, connects, waiting;
static const char *mode;
static char *batch, *input;
static struct connection *all;
static double worst, worst_lag;

static void fail(const char *what) {
  fprintf(stderr, "load %s: %s: %s\n", mode, what, strerror(errno));
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double cpu_ms(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static int is(const char *name) { return strcmp(mode, name) == 0; }

// ── connections ────────────────────────────────────────────────────────────────────────────────────────────────────

static void watch(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0) fail("epoll_ctl");
}

static void open_connection(struct connection *c) {
  int one = 1;
  c->connected = 0;
  c->missing = c->unsent = 0;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) fail("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  long source = is("churn") ? connects % SOURCES : (c - all) / PER_SOURCE;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + source)};
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0) fail("bind");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail("connect");
  connects++;
  watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

// What is sent is always a part of the endless repetition of one frame, so that what is unsent tells where to go on.
static void push(struct connection *c) {
  while (c->unsent > 0) {
    long at = (frame_bytes - c->unsent % frame_bytes) % frame_bytes;
    long length = c->unsent < batch_bytes - at ? c->unsent : batch_bytes - at;
    ssize_t taken = send(c->fd, batch + at, length, MSG_NOSIGNAL);
    if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    if (taken < 0) fail("send");
    c->unsent -= taken;
  }
}

static void send_frames(struct connection *c, int n) {
  int was_blocked = c->unsent > 0;
  c->unsent += n * frame_bytes;
  if (!was_blocked) push(c);
}

static void send_batch(struct connection *c) {
  if (is("broadcast")) {
    for (int i = 0; i < count; i++) all[i].missing = batch_bytes;
    waiting = count;
  } else {
    c->missing = batch_bytes;
    waiting++;
  }
  send_frames(c, depth);
}

static void send_on_time(struct connection *c, double intended) {
  if (c->under_way == c->room) {
    // As long as the answers may be late, as many moments have to be kept.
    int room = c->room == 0 ? 64 : c->room * 2;
    double *ring = malloc(room * sizeof *ring);
    for (int i = 0; i < c->under_way; i++) ring[i] = c->sent[(c->first + i) % c->room];
    free(c->sent);
    c->sent = ring;
    c->first = 0;
    c->room = room;
  }
  c->sent[(c->first + c->under_way++) % c->room] = intended;
  c->missing += frame_bytes;
  waiting++;
  double lag = now_ms() - intended;
  if (lag > worst_lag) worst_lag = lag;
  send_frames(c, 1);
}

static void answered(struct connection *c) {
  double now = now_ms();
  long left = (c->missing + frame_bytes - 1) / frame_bytes;
  while (c->under_way > left) {
    double ms = now - c->sent[c->first];
    c->first = (c->first + 1) % c->room;
    c->under_way--;
    waiting--;
    frames++;
    if (ms > worst) worst = ms;
    histogram[bucket_of((long)(ms * 1e3))]++;
  }
}

static void received(struct connection *c) {
  for (;;) {
    ssize_t length = recv(c->fd, input, READ_BYTES, 0);
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (length <= 0) fail(length == 0 ? "the server closed" : "recv");
    c->missing -= length;
    if (c->missing < 0) fail("more came back than was sent");
    if (is("paced")) answered(c);
    else if (c->missing == 0) {
      waiting--;
      frames += depth;
      if (is("churn")) {
        close(c->fd);
        c->fd = -1;
        if (is_running) open_connection(c);
        return;
      }
      if (is_running && is("echo")) send_batch(c);
      if (is_running && is("broadcast") && waiting == 0) send_batch(&all[count - 1]);
    }
    if (length < READ_BYTES) return;
  }
}

static void turn(int timeout_ms) {
  static struct epoll_event events[EVENTS];
  int n = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
  for (int i = 0; i < n; i++) {
    struct connection *c = events[i].data.ptr;
    if (events[i].events & (EPOLLERR | EPOLLHUP)) fail("a connection broke");
    if (events[i].events & EPOLLOUT) {
      watch(c, EPOLL_CTL_MOD, EPOLLIN);
      if (!c->connected) {
        c->connected = 1;
        if (is("churn") || is("hold")) send_batch(c);
        else waiting--;
      }
      push(c);
    }
    if (events[i].events & EPOLLIN) received(c);
  }
}

static void settle(void) {
  double give_up = now_ms() + GIVE_UP_MS;
  while (waiting > 0) {
    turn(100);
    if (now_ms() > give_up) fail("answers are missing");
  }
}

static void connect_all(void) {
  all = calloc(count, sizeof *all);
  for (int i = 0; i < count; i++) all[i].fd = -1;
  if (is("churn")) return;
  for (int i = 0; i < count; i++) {
    open_connection(&all[i]);
    if (!is("hold")) waiting++;
    if (i % AT_ONCE == AT_ONCE - 1) {
      turn(0);
      settle();
    }
  }
  double give_up = now_ms() + GIVE_UP_MS;
  for (int i = 0; i < count; i++)
    while (!all[i].connected) {
      turn(100);
      if (now_ms() > give_up) fail("not connected");
    }
  settle();
}

static void run(double ms) {
  double start = now_ms(), before = cpu_ms();
  frames = connects = 0;
  worst = worst_lag = 0;
  memset(histogram, 0, sizeof histogram);
  is_running = 1;
  for (int i = 0; i < count; i++) {
    // When the last can be heard, all others have been accepted.
    if (is("echo") || (is("broadcast") && i == count - 1)) send_batch(&all[i]);
    if (is("churn")) open_connection(&all[i]);
  }
  long sent = 0;
  while (now_ms() - start < ms) {
    if (is("paced"))
      for (; start + sent * 1e3 / rate <= now_ms(); sent++) send_on_time(&all[sent % count], start + sent * 1e3 / rate);
    // A paced run must not oversleep.
    turn(is("paced") ? 0 : 1);
  }
  is_running = 0;
  settle();
  if (is("churn"))
    for (int i = 0; i < count; i++)
      for (double give_up = now_ms() + GIVE_UP_MS; all[i].fd >= 0;) {
        turn(100);
        if (now_ms() > give_up) fail("a connection does not end");
      }
  printf("{\"frames\":%ld,\"connects\":%ld,\"ms\":%.3f,\"cpuMs\":%.3f,\"p50\":%.0f,\"p99\":%.0f,\"p999\":%.0f,"
         "\"max\":%.0f,\"lag\":%.0f}\n",
         frames, connects, now_ms() - start, cpu_ms() - before, percentile(0.5), percentile(0.99), percentile(0.999),
         worst * 1e3, worst_lag * 1e3);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  mode = argv[1];
  port = atoi(argv[2]);
  count = atoi(argv[3]);
  size = atol(argv[4]);
  depth = atoi(argv[5]);
  rate = atol(argv[6]);
  frame_bytes = HEADER + size;
  batch_bytes = frame_bytes * depth;
  batch = malloc(batch_bytes);
  input = malloc(READ_BYTES);
  memset(batch, 'x', batch_bytes);
  for (int i = 0; i < depth; i++) *(uint32_t *)(batch + i * frame_bytes) = htonl(size);
  epoll_fd = epoll_create1(0);
  connect_all();
  printf("{}\n");
  fflush(stdout);
  for (char line[64]; fgets(line, sizeof line, stdin) != NULL;) run(atof(line));
  return 0;
}
