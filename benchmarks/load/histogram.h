// Counts latencies: those below 2^LINEAR_BITS µs in a bucket each; above, a bucket is 1/128 of its value wide at most.
enum { LINEAR_BITS = 8, BUCKETS = 128 * 32 };

static long histogram[BUCKETS];

static int bucket_of(long us) {
  int shift = 0;
  while ((us >> shift) >= 1 << LINEAR_BITS) shift++;
  int bucket = shift * 128 + (int)(us >> shift);
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double value_of(int bucket) {
  if (bucket < 1 << LINEAR_BITS) return bucket;
  int shift = bucket / 128 - 1;
  return (double)(bucket - shift * 128) * (double)(1L << shift);
}

static double percentile(double share) {
  long total = 0, seen = 0;
  for (int i = 0; i < BUCKETS; i++) total += histogram[i];
  for (int i = 0; i < BUCKETS; i++) {
    seen += histogram[i];
    if (seen >= share * total && seen > 0) return value_of(i);
  }
  return 0;
}
