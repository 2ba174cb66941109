/* The parts of a training step between matrix products, on the CPU: PyTorch's own take as long as the products.
   Activations are bfloat16 (the upper half of a float), sums are float. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t half;

static inline float up(half x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, 4);
  return y;
}

static inline half down(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (half)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/* sum[n][c] = x + o; y = sum / rms(sum) * weight; inverse[n] = 1 / rms. */
void add_norm(const float *x, const half *o, const float *weight, float *sum, half *y, float *inverse, int64_t n, int64_t c, float epsilon) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++) {
    const float *a = x + i * c;
    const half *b = o + i * c;
    float *s = sum + i * c;
    float square = 0;
    for (int64_t j = 0; j < c; j++) {
      s[j] = a[j] + up(b[j]);
      square += s[j] * s[j];
    }
    float r = inverse[i] = 1 / sqrtf(square / c + epsilon);
    for (int64_t j = 0; j < c; j++) y[i * c + j] = down(s[j] * r * weight[j]);
  }
}

/* dx = what reaches the sum, through the norm (dy) and past it (dsum); dweight is added to. */
void add_norm_back(const float *sum, const float *inverse, const float *weight, const half *dy, const float *dsum, float *dx, half *dout, float *dweight, int64_t n, int64_t c) {
  for (int64_t i = 0; i < n; i++) {
    const float *s = sum + i * c;
    const half *d = dy + i * c;
    float r = inverse[i], dot = 0;
    for (int64_t j = 0; j < c; j++) {
      float g = up(d[j]) * s[j];
      dweight[j] += g * r;
      dot += g * weight[j];
    }
    dot *= r * r * r / c;
    for (int64_t j = 0; j < c; j++) {
      float g = up(d[j]) * weight[j] * r - s[j] * dot + dsum[i * c + j];
      dx[i * c + j] = g;
      dout[i * c + j] = down(g);
    }
  }
}

/* y = silu(gate) * up, with gate and up side by side. */
void swiglu(const half *x, half *y, int64_t n, int64_t f) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < f; j++) {
      float g = up(x[2 * i * f + j]);
      y[i * f + j] = down(g / (1 + expf(-g)) * up(x[2 * i * f + f + j]));
    }
}

void swiglu_back(const half *x, const half *dy, half *dx, int64_t n, int64_t f) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < f; j++) {
      float g = up(x[2 * i * f + j]), u = up(x[2 * i * f + f + j]), d = up(dy[i * f + j]);
      float s = 1 / (1 + expf(-g));
      dx[2 * i * f + j] = down(d * u * s * (1 + g * (1 - s)));
      dx[2 * i * f + f + j] = down(d * g * s);
    }
}

/* Turns the halves of each head as pairs, by the position; direction -1 turns back. From [batch, t, heads, 2 h] with a
   row of `stride` to [batch, heads, t, 2 h], or the other way. A null table only moves. */
static void turn(half *rows, half *heads, const float *cosine, const float *sine, int64_t batch, int64_t t, int64_t count, int64_t stride, int64_t h, int back) {
#pragma omp parallel for
  for (int64_t b = 0; b < batch; b++)
    for (int64_t k = 0; k < count; k++)
      for (int64_t p = 0; p < t; p++) {
        half *row = rows + (b * t + p) * stride + k * 2 * h;
        half *head = heads + ((b * count + k) * t + p) * 2 * h;
        half *from = back ? head : row, *to = back ? row : head;
        if (cosine == 0) {
          memcpy(to, from, 4 * h);
          continue;
        }
        for (int64_t j = 0; j < h; j++) {
          float c = cosine[p * h + j], s = back ? -sine[p * h + j] : sine[p * h + j];
          float x = up(from[j]), y = up(from[h + j]);
          to[j] = down(x * c - y * s);
          to[h + j] = down(y * c + x * s);
        }
      }
}

/* [batch, t, (heads + 2 groups) 2 h] to queries [batch, heads, t, 2 h], keys and values [batch, groups, t, 2 h]; or back. */
void split(half *x, half *q, half *k, half *v, const float *cosine, const float *sine, int64_t batch, int64_t t, int64_t heads, int64_t groups, int64_t h, int back) {
  int64_t stride = (heads + 2 * groups) * 2 * h;
  turn(x, q, cosine, sine, batch, t, heads, stride, h, back);
  turn(x + heads * 2 * h, k, cosine, sine, batch, t, groups, stride, h, back);
  turn(x + (heads + groups) * 2 * h, v, 0, 0, batch, t, groups, stride, h, back);
}

/* In place: row i of n attends to positions up to i % t. */
void causal_softmax(half *x, int64_t n, int64_t t, float scale) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++) {
    half *row = x + i * t;
    int64_t seen = i % t + 1;
    float most = -1e30f, sum = 0, e[512];
    for (int64_t j = 0; j < seen; j++) most = fmaxf(most, up(row[j]));
    for (int64_t j = 0; j < seen; j++) {
      e[j] = expf((up(row[j]) - most) * scale);
      sum += e[j];
    }
    sum = 1 / sum;
    for (int64_t j = 0; j < seen; j++) row[j] = down(e[j] * sum);
    memset(row + seen, 0, 2 * (t - seen));
  }
}

/* In place in d. */
void causal_softmax_back(const half *p, half *d, int64_t n, int64_t t, float scale) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++) {
    const half *a = p + i * t;
    half *b = d + i * t;
    int64_t seen = i % t + 1;
    float dot = 0;
    for (int64_t j = 0; j < seen; j++) dot += up(a[j]) * up(b[j]);
    for (int64_t j = 0; j < seen; j++) b[j] = down(up(a[j]) * (up(b[j]) - dot) * scale);
    memset(b + seen, 0, 2 * (t - seen));
  }
}

/* loss[i] = -log softmax(x[i])[token[i]]; x becomes the probabilities. */
void cross_entropy(half *x, const int64_t *token, float *loss, int64_t n, int64_t v) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++) {
    half *row = x + i * v;
    float most = -1e30f, sum = 0, at = up(row[token[i]]);
    for (int64_t j = 0; j < v; j++) most = fmaxf(most, up(row[j]));
    for (int64_t j = 0; j < v; j++) sum += expf(up(row[j]) - most);
    loss[i] = most + logf(sum) - at;
    sum = 1 / sum;
    for (int64_t j = 0; j < v; j++) row[j] = down(expf(up(row[j]) - most) * sum);
  }
}

/* In place: probabilities become gradients. */
void cross_entropy_back(half *p, const int64_t *token, const float *d, int64_t n, int64_t v) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; i++) {
    half *row = p + i * v;
    float own = up(row[token[i]]);
    for (int64_t j = 0; j < v; j++) row[j] = down(up(row[j]) * d[i]);
    row[token[i]] = down((own - 1) * d[i]);
  }
}
