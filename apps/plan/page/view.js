// SPDX-License-Identifier: BSD-3-Clause
// Who owns what in three dimensions. A view becomes rectangles between boxes of different owners, two texels each in a texture that the
// vertex shader reads. What a rank looks like and how far it is moved out are textures of one texel a rank, so that a pick uploads a small
// one.
//
// Space: the grid's longest axis is 1 long, its middle is the origin; z points up.

const SHADERS = {
  faces: [
    `#version 300 es
precision highp float;
precision highp int;
uniform mat4 camera;
uniform vec3 eye;
uniform float explode, pixel;  // pixel: about the length of one
uniform highp sampler2D rectangles, shifts, looks;
uniform int layer;  // 0: solid ranks, 1: translucent ones, 2: all, to be picked
out vec3 place;
flat out vec4 look;
flat out vec3 normal;
flat out float owner;
void main() {
  int corner = gl_VertexID % 6, at = gl_VertexID / 6 * 2, row = at / 1024;
  // low corner and axis * 2 + side; high corner along the two other axes, owner, whether nobody is on the other side
  vec4 low = texelFetch(rectangles, ivec2(at % 1024, row), 0), more = texelFetch(rectangles, ivec2(at % 1024 + 1, row), 0);
  int axis = int(low.w) / 2, u = (axis + 1) % 3, v = (axis + 2) % 3;
  bool high_u = corner == 1 || corner == 3 || corner == 4, high_v = corner == 2 || corner == 4 || corner == 5;
  place = low.xyz;
  // A tenth of a pixel more all around closes the cracks where the sides of rectangles meet in the middle of others.
  place[u] = high_u ? more.x + 0.1 * pixel : low[u] - 0.1 * pixel;
  place[v] = high_v ? more.y + 0.1 * pixel : low[v] - 0.1 * pixel;
  owner = more.z;
  ivec2 texel = ivec2(int(owner) % 1024, int(owner) / 1024);
  vec3 moved = place + explode * texelFetch(shifts, texel, 0).xyz;
  look = texelFetch(looks, texel, 0);
  normal = vec3(0);
  normal[axis] = mod(low.w, 2.0) > 0.5 ? 1.0 : -1.0;
  bool away = dot(normal, eye - moved) < 0.0, solid = look.a > 0.99, faint = look.a < 0.2;
  bool drawn = layer == 2 ? look.a > 0.0 : layer == 0 ? solid : !solid && (!faint || more.w > 0.5);
  gl_Position = drawn && !away ? camera * vec4(moved, 1) : vec4(2, 2, 2, 1);
}`,
    `#version 300 es
precision highp float;
precision highp int;
in vec3 place;
flat in vec4 look;
flat in vec3 normal;
flat in float owner;
uniform vec4 keep;       // only places with dot(keep.xyz, place) <= keep.w
uniform vec3 bricks;     // along each axis, in the length of the grid's longest axis
uniform vec3 low_corner;
uniform int layer;
out vec4 colour;
void main() {
  if (dot(keep.xyz, place) > keep.w + 1e-5) discard;
  if (layer == 2) {
    int id = int(owner) + 1;
    colour = vec4(id & 255, id >> 8 & 255, id >> 16, 255) / 255.0;
    return;
  }
  float light = 0.86 + 0.14 * normal.z - 0.13 * abs(normal.x);
  vec3 at = (place - low_corner) * bricks, width = max(fwidth(at), 1e-6);
  vec3 line = smoothstep(0.4, 1.2, abs(fract(at - 0.5) - 0.5) / width);
  line = mix(vec3(1), line, (1.0 - abs(normal)) * clamp(1.3 - 5.0 * width, 0.0, 1.0));
  light *= mix(0.78, 1.0, line.x * line.y * line.z);
  colour = vec4(look.rgb * light, look.a);
}`
  ],
  lines: [
    `#version 300 es
precision highp float;
layout(location = 0) in vec3 corner;
uniform mat4 camera;
void main() { gl_Position = camera * vec4(corner, 1); }`,
    `#version 300 es
precision highp float;
uniform vec4 ink;
out vec4 colour;
void main() { colour = ink; }`
  ]
};

// Neighbours in the list differ in hue and in lightness, so that they do for the colour-blind.
const PALETTE = [
  '#3b6fb6', '#e9b44c', '#1f7a4d', '#f2a6a0', '#7a3e8e', '#8fd0ee', '#c8503c', '#a8d48a', '#5d6b78', '#e58b2c', '#c3a1da', '#d4dae0'
].map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));

/// Rectangles between boxes of different owners, joined along one axis; those that nobody is behind first.
/// outside, all: how many; data: 8 numbers each as the shader reads them; neighbours: for each rank a set.
function facesOf(boxes, planes, ranks) {
  const outer = [], inner = [], n = planes.map(p => p.length - 1), step = [1, n[0], n[0] * n[1]];
  const neighbours = Array.from({length: ranks}, () => new Set());
  for (let a = 0; a < 3; ++a) {
    const u = (a + 1) % 3, v = (a + 2) % 3;
    for (let i = 0; i <= n[a]; ++i)
      for (let k = 0; k < n[v]; ++k) {
        // The run that is being joined on either side: [owner, other is nobody, from].
        const runs = [null, null];
        const end = (side, j) => {
          const run = runs[side];
          if (!run) return;
          const low = [];
          low[a] = planes[a][i];
          low[u] = planes[u][run[2]];
          low[v] = planes[v][k];
          // A box's high side is seen from beyond the plane.
          (run[1] ? outer : inner).push(...low, a * 2 + side, planes[u][j], planes[v][k + 1], run[0], run[1] ? 1 : 0);
          runs[side] = null;
        };
        for (let j = 0; j < n[u]; ++j) {
          const at = i * step[a] + j * step[u] + k * step[v];
          const high = i < n[a] ? boxes[at] : -1, low = i > 0 ? boxes[at - step[a]] : -1;
          const differ = high !== low;
          if (differ && high >= 0 && low >= 0) {
            neighbours[high].add(low);
            neighbours[low].add(high);
          }
          [[high, low], [low, high]].forEach(([mine, other], side) => {
            const seen = differ && mine >= 0, alone = other < 0;
            if (runs[side] && !(seen && runs[side][0] === mine && runs[side][1] === alone)) end(side, j);
            if (seen && !runs[side]) runs[side] = [mine, alone, j];
          });
        }
        end(0, n[u]);
        end(1, n[u]);
      }
  }
  return {data: outer.concat(inner), outside: outer.length / 8, all: (outer.length + inner.length) / 8, neighbours};
}

/// A colour of PALETTE for each vertex, unlike its neighbours' as far as there are colours, all used about alike.
function coloursOf(neighbours) {
  const colours = new Int32Array(neighbours.length).fill(-1);
  neighbours.forEach((near, rank) => {
    const taken = new Array(PALETTE.length).fill(0);
    for (const other of near)
      if (colours[other] >= 0) ++taken[colours[other]];
    let best = -1;
    for (let i = 0; i < PALETTE.length; ++i) {
      const colour = (rank + i) % PALETTE.length;
      if (best < 0 || taken[colour] < taken[best]) best = colour;
    }
    colours[rank] = best;
  });
  return colours;
}

const matrix = {
  multiply(a, b) {
    const c = new Float32Array(16);
    for (let i = 0; i < 4; ++i)
      for (let j = 0; j < 4; ++j)
        for (let k = 0; k < 4; ++k) c[j * 4 + i] += a[k * 4 + i] * b[j * 4 + k];
    return c;
  },
  apply(m, p) {
    const [x, y, , w] = [0, 1, 2, 3].map(i => m[i] * p[0] + m[4 + i] * p[1] + m[8 + i] * p[2] + m[12 + i]);
    return [x / w, y / w];
  }
};

const HOME = {
  yaw: 0.62,
  pitch: 0.48,
  zoom: 1,
  pan: [0, 0]
};

class View3D {
  /// gl: a WebGL 2 context. `picked(rank or null)` is called on a click, `moved(camera)` after each picture.
  constructor(gl, picked, moved) {
    const {canvas} = gl;
    Object.assign(
        this,
        {canvas, gl, picked, moved, camera: {...HOME, pan: [0, 0]}, explode: 0, slice: null, colourBy: 'rank', selected: null, drawn: 0});
    this.programs = Object.fromEntries(Object.entries(SHADERS).map(([name, sources]) => [name, this.program(...sources)]));
    for (const name of ['faces', 'caps', 'shifts', 'looks']) this[name] = gl.createTexture();
    this.outline = {vertices: gl.createVertexArray(), buffer: gl.createBuffer()};
    gl.bindVertexArray(this.outline.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.outline.buffer);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    this.listen();
    new ResizeObserver(() => this.redraw()).observe(canvas);
  }

  program(vertex, fragment) {
    const gl = this.gl, program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`shader: ${gl.getShaderInfoLog(shader)}`);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`shaders: ${gl.getProgramInfoLog(program)}`);
    const uniforms = {};
    for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); ++i) {
      const {name} = gl.getActiveUniform(program, i);
      uniforms[name] = gl.getUniformLocation(program, name);
    }
    return {program, uniforms};
  }

  /// view: {boxes, planes (cells), bricks, ranks, nodes: of each rank}.
  show(view) {
    const longest = Math.max(...view.planes.map(p => p[p.length - 1]));
    // Thin grids are drawn thicker than they are, or nobody would see them.
    this.extent = view.planes.map(p => Math.max(p[p.length - 1] / longest, 0.06));
    this.toScale = view.planes.every((p, a) => p[p.length - 1] / longest === this.extent[a]);
    this.cells = view.planes.map(p => p[p.length - 1]);
    this.planes = view.planes.map((p, a) => p.map(c => this.fromCells(a, c)));
    this.view = view;
    const faces = facesOf(view.boxes, this.planes, view.ranks), gl = this.gl;
    Object.assign(this, {neighbours: faces.neighbours, outside: faces.outside, all: faces.all});
    this.uploadFloats(this.faces, faces.data);
    const [x, y, z] = this.extent.map(e => e / 2), corners = [];
    for (let a = 0; a < 3; ++a)
      for (let i = 0; i < 4; ++i)
        for (const end of [-1, 1]) {
          const sign = [];
          sign[a] = end;
          sign[(a + 1) % 3] = i & 1 ? 1 : -1;
          sign[(a + 2) % 3] = i & 2 ? 1 : -1;
          corners.push(sign[0] * x, sign[1] * y, sign[2] * z);
        }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.outline.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(corners), gl.STATIC_DRAW);
    this.rankColours = coloursOf(faces.neighbours);
    const nodeNeighbours = Array.from({length: largest(view.nodes) + 1}, () => new Set());
    faces.neighbours.forEach((near, rank) => near.forEach(other => {
      if (view.nodes[other] !== view.nodes[rank]) nodeNeighbours[view.nodes[rank]].add(view.nodes[other]);
    }));
    this.nodeColours = coloursOf(nodeNeighbours);
    this.arrange();
  }

  fromCells(axis, cell) { return (cell / this.cells[axis] - 0.5) * this.extent[axis]; }

  /// How far each rank is moved out: as far as the middle of its cells, or of its node's, is from the grid's.
  arrange() {
    const {boxes, planes, ranks, nodes} = {...this.view, planes: this.planes};
    const groups = this.colourBy === 'node' ? nodes : nodes.map((_, rank) => rank);
    const sums = new Float64Array(4 * (largest(groups) + 1)), n = planes.map(p => p.length - 1);
    for (let k = 0, at = 0; k < n[2]; ++k)
      for (let j = 0; j < n[1]; ++j)
        for (let i = 0; i < n[0]; ++i, ++at) {
          if (boxes[at] < 0) continue;
          const sizes = [planes[0][i + 1] - planes[0][i], planes[1][j + 1] - planes[1][j], planes[2][k + 1] - planes[2][k]];
          const volume = sizes[0] * sizes[1] * sizes[2], group = 4 * groups[boxes[at]];
          sums[group] += volume * (planes[0][i] + sizes[0] / 2);
          sums[group + 1] += volume * (planes[1][j] + sizes[1] / 2);
          sums[group + 2] += volume * (planes[2][k] + sizes[2] / 2);
          sums[group + 3] += volume;
        }
    const shifts = new Array(4 * ranks).fill(0);
    for (let rank = 0; rank < ranks; ++rank)
      for (let a = 0; a < 3; ++a) shifts[4 * rank + a] = sums[4 * groups[rank] + a] / (sums[4 * groups[rank] + 3] || 1);
    this.uploadFloats(this.shifts, shifts);
    this.paint();
  }

  /// A texture of 1024 texels a row, four numbers each.
  upload(texture, format, type, data) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, format, 1024, data.length / 4096, 0, gl.RGBA, type, data);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }
  uploadFloats(texture, numbers) {
    const data = new Float32Array(4096 * Math.max(1, Math.ceil(numbers.length / 4096)));
    data.set(numbers);
    this.upload(texture, this.gl.RGBA32F, this.gl.FLOAT, data);
  }

  /// Each rank's colour; its alpha says whether it is solid, tinted or faint.
  paint() {
    const {ranks, nodes} = this.view, looks = new Uint8Array(1024 * Math.ceil(ranks / 1024) * 4);
    const styles = getComputedStyle(document.documentElement), colour = name => {
      const hex = styles.getPropertyValue(name).trim();
      return [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
    };
    const tints = [colour('--same-node'), colour('--other-node')], chosen = this.selected;
    const peers = chosen && new Set(chosen.peers || this.neighbours[chosen.rank]);
    for (let rank = 0; rank < ranks; ++rank) {
      let rgb = PALETTE[this.colourBy === 'node' ? this.nodeColours[nodes[rank]] : this.rankColours[rank]], alpha = 255;
      if (this.colourBy === 'node') rgb = rgb.map(c => Math.min(255, c * (1 + 0.09 * (rank % 3 - 1))));
      if (chosen && rank === chosen.rank)
        rgb = colour('--accent');
      else if (chosen && peers.has(rank))
        [rgb, alpha] = [tints[nodes[rank] === nodes[chosen.rank] ? 0 : 1], 64];
      else if (chosen)
        [rgb, alpha] = [[128, 138, 150], 22];
      looks.set([...rgb, alpha], 4 * rank);
    }
    this.upload(this.looks, this.gl.RGBA8, this.gl.UNSIGNED_BYTE, looks);
    const channels = colour('--soft');
    this.background = channels.map(c => c / 255);
    this.ink = colour('--quiet').map(c => c / 255);
    this.redraw();
  }

  /// Where the camera stands, and the matrix to its picture.
  cameraNow() {
    const {yaw, pitch, zoom, pan} = this.camera, aspect = this.canvas.width / this.canvas.height;
    const back = [Math.cos(pitch) * Math.sin(yaw), -Math.cos(pitch) * Math.cos(yaw), Math.sin(pitch)];
    const right = [Math.cos(yaw), Math.sin(yaw), 0];
    const up = [back[1] * right[2] - back[2] * right[1], back[2] * right[0] - back[0] * right[2], back[0] * right[1] - back[1] * right[0]];
    const half = 0.27, radius = Math.hypot(...this.extent) / 2;
    const distance = radius * 1.05 * (1 + 1.1 * this.explode) / (Math.sin(Math.atan(half)) * Math.min(1, aspect)) / zoom;
    const reach = radius * (1 + 1.4 * this.explode), near = Math.max(distance - reach, distance / 200), far = distance + reach;
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    const eye = [0, 1, 2].map(i => back[i] * distance + right[i] * pan[0] + up[i] * pan[1]);
    const look = new Float32Array([
      right[0], up[0], back[0], 0, right[1], up[1], back[1], 0, right[2], up[2], back[2], 0, -dot(right, eye), -dot(up, eye),
      -dot(back, eye), 1
    ]);
    const lens = new Float32Array(
        [1 / (half * aspect), 0, 0, 0, 0, 1 / half, 0, 0, 0, 0, -(far + near) / (far - near), -1, 0, 0, -2 * far * near / (far - near), 0]);
    return {eye, matrix: matrix.multiply(lens, look), right, up, perPixel: 2 * half * distance / Math.max(1, this.canvas.clientHeight)};
  }

  /// The cut face of the slice: boxes at the plane, on the side that stays. The side towards the eye goes.
  cap(eye) {
    if (!this.slice) {
      this.keep = [0, 0, 0, 0];
      this.capCount = 0;
      this.capKey = '';
      return;
    }
    const {axis, cell} = this.slice, at = this.fromCells(axis, cell), side = eye[axis] >= at ? 1 : 0;
    this.keep = [0, 0, 0, side ? at : -at];
    this.keep[axis] = side ? 1 : -1;
    const key = `${axis} ${cell} ${side}`;
    if (key === this.capKey) return;
    this.capKey = key;
    const {boxes} = this.view, p = this.planes, n = p.map(q => q.length - 1), step = [1, n[0], n[0] * n[1]];
    let layer = 0;
    while (layer + 1 < n[axis] && (side ? this.view.planes[axis][layer + 1] < cell : this.view.planes[axis][layer + 1] <= cell)) ++layer;
    const u = (axis + 1) % 3, v = (axis + 2) % 3, data = [];
    for (let k = 0; k < n[v]; ++k)
      for (let j = 0, from = 0; j < n[u]; ++j) {
        const owner = boxes[layer * step[axis] + j * step[u] + k * step[v]];
        if (j + 1 < n[u] && boxes[layer * step[axis] + (j + 1) * step[u] + k * step[v]] === owner) continue;
        if (owner >= 0) {
          const low = [];
          low[axis] = at;
          low[u] = p[u][from];
          low[v] = p[v][k];
          data.push(...low, axis * 2 + side, p[u][j + 1], p[v][k + 1], owner, 1);
        }
        from = j + 1;
      }
    this.capCount = data.length / 8;
    this.uploadFloats(this.caps, data);
  }

  redraw() {
    if (this.waiting || !this.view) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  draw() {
    const gl = this.gl, scale = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * scale)),
          height = Math.max(1, Math.round(this.canvas.clientHeight * scale));
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, {width, height});
    const camera = this.cameraNow();
    this.cap(camera.eye);
    gl.viewport(0, 0, width, height);
    gl.clearColor(...this.background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    this.drawn = this.drawFaces(camera, 0);
    if (!this.explode) {
      const {program, uniforms} = this.programs.lines;
      gl.useProgram(program);
      gl.uniformMatrix4fv(uniforms.camera, false, camera.matrix);
      gl.uniform4f(uniforms.ink, ...this.ink, 1);
      gl.bindVertexArray(this.outline.vertices);
      gl.drawArrays(gl.LINES, 0, 24);
      gl.bindVertexArray(null);
    }
    if (this.selected) {
      gl.enable(gl.BLEND);
      gl.depthMask(false);
      this.drawFaces(camera, 1);
      gl.depthMask(true);
      gl.disable(gl.BLEND);
    }
    this.moved(camera);
  }

  /// Draws one layer (see the shader) and returns how many rectangles were handed over.
  drawFaces(camera, layer) {
    const gl = this.gl, {program, uniforms} = this.programs.faces;
    gl.useProgram(program);
    gl.uniformMatrix4fv(uniforms.camera, false, camera.matrix);
    gl.uniform3f(uniforms.eye, ...camera.eye);
    gl.uniform1f(uniforms.explode, 1.4 * this.explode);
    gl.uniform4f(uniforms.keep, ...this.keep);
    gl.uniform3f(uniforms.bricks, ...this.view.bricks.map((b, a) => b / this.extent[a]));
    gl.uniform3f(uniforms.low_corner, ...this.extent.map(e => -e / 2));
    gl.uniform1i(uniforms.layer, layer);
    gl.uniform1f(uniforms.pixel, camera.perPixel);
    ['rectangles', 'shifts', 'looks'].forEach((name, unit) => gl.uniform1i(uniforms[name], unit));
    const draw = (rectangles, count) => {
      [rectangles, this.shifts, this.looks].forEach((texture, unit) => {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, texture);
      });
      gl.drawArrays(gl.TRIANGLES, 0, 6 * count);
    };
    // Closed and opaque, it shows nothing but its outside, and what a slice lays open is its cap.
    const count = this.explode || this.selected ? this.all : this.outside;
    draw(this.faces, count);
    if (this.capCount) draw(this.caps, this.capCount);
    return count + this.capCount;
  }

  /// The rank at a place of the canvas, of solid ones first; null where there is none.
  rankAt(x, y) {
    const gl = this.gl, {width, height} = this.canvas, scale = width / this.canvas.clientWidth, camera = this.cameraNow();
    const target = gl.createFramebuffer(), colours = gl.createRenderbuffer(), depths = gl.createRenderbuffer(), pixel = new Uint8Array(4);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    for (const [buffer, format, place] of [
             [colours, gl.RGBA8, gl.COLOR_ATTACHMENT0], [depths, gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]]) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, buffer);
    }
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.drawFaces(camera, 2);
    gl.readPixels(Math.round(x * scale), height - 1 - Math.round(y * scale), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(target);
    gl.deleteRenderbuffer(colours);
    gl.deleteRenderbuffer(depths);
    const id = pixel[0] + 256 * pixel[1] + 65536 * pixel[2];
    return id ? id - 1 : null;
  }

  turn(yaw, pitch) {
    this.camera.yaw += yaw;
    this.camera.pitch = Math.min(1.55, Math.max(-1.55, this.camera.pitch + pitch));
    this.redraw();
  }
  zoom(factor) {
    this.camera.zoom = Math.min(40, Math.max(0.3, this.camera.zoom * factor));
    this.redraw();
  }
  pan(dx, dy) {
    const {perPixel} = this.cameraNow();
    this.camera.pan[0] -= dx * perPixel;
    this.camera.pan[1] += dy * perPixel;
    this.redraw();
  }
  home() {
    this.camera = {...HOME, pan: [0, 0]};
    this.redraw();
  }

  listen() {
    const canvas = this.canvas, fingers = new Map();
    let travelled = 0;
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 1) travelled = 0;
    });
    canvas.addEventListener('pointermove', event => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = [event.clientX, event.clientY], dx = now[0] - before[0], dy = now[1] - before[1];
      travelled += Math.hypot(dx, dy);
      if (fingers.size === 2) {
        const other = [...fingers].find(([id]) => id !== event.pointerId)[1], far = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
        this.zoom(far(now) / Math.max(far(before), 1));
        this.pan(dx / 2, dy / 2);
      } else if (event.shiftKey || event.buttons & 6)
        this.pan(dx, dy);
      else
        this.turn(-dx * 0.008, dy * 0.008);
      fingers.set(event.pointerId, now);
    });
    const lift = event => {
      if (event.type === 'pointerup' && fingers.size === 1 && travelled < 5 && event.button === 0) {
        const place = canvas.getBoundingClientRect();
        this.picked(this.rankAt(event.clientX - place.left, event.clientY - place.top));
      }
      fingers.delete(event.pointerId);
    };
    canvas.addEventListener('pointerup', lift);
    canvas.addEventListener('pointercancel', lift);
    canvas.addEventListener('contextmenu', event => event.preventDefault());
    canvas.addEventListener('wheel', event => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
    }, {passive: false});
    canvas.addEventListener('keydown', event => {
      const keys = {
        ArrowLeft: () => this.turn(0.1, 0),
        ArrowRight: () => this.turn(-0.1, 0),
        ArrowUp: () => this.turn(0, 0.1),
        ArrowDown: () => this.turn(0, -0.1),
        '+': () => this.zoom(1.15),
        '=': () => this.zoom(1.15),
        '-': () => this.zoom(1 / 1.15),
        '0': () => this.home(),
        Escape: () => this.picked(null)
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    canvas.addEventListener('webglcontextlost', event => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => location.reload());
  }
}
