# SPDX-License-Identifier: Apache-2.0
"""Readers of point clouds: every format, what their columns mean, and files that are not whole."""

from __future__ import annotations

import os
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from make_clouds import Lidar, write_pcap, write_pcd, write_ply

import robocache as rc
from robocache.clouds import Cloud, read_cloud
from robocache.clouds.ply import write_ply as write_points
from robocache.recording import RecordingError

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ROBOCACHE_DATA", ROOT / ".." / "shared" / "data"))


def rows(count: int = 50, real: str = "f4") -> np.ndarray:
    """Points with an intensity and a ring; one was not measured."""
    rng = np.random.default_rng(count)
    made = np.empty(count, [(n, real) for n in "xyz"] + [("intensity", "f4"), ("ring", "u2")])
    for name in "xyz":
        made[name] = rng.normal(size=count)
    made["intensity"], made["ring"] = rng.random(count), np.arange(count) % 16
    made["x"][3] = np.nan
    return made


def xyz(made: np.ndarray) -> np.ndarray:
    return np.stack([made[name] for name in "xyz"], axis=1)


def check(cloud: Cloud, made: np.ndarray) -> None:
    assert cloud.points.dtype == made["x"].dtype
    np.testing.assert_array_equal(cloud.points, xyz(made))
    assert list(cloud.features) == ["intensity", "ring"]
    for name in cloud.features:
        assert cloud.features[name].dtype == made[name].dtype
        np.testing.assert_array_equal(cloud.features[name], made[name])
    assert (cloud.normals, cloud.stamps, cloud.pose) == (None, None, None)


class TestPcd:
    @pytest.fixture(autouse=True)
    def library(self) -> None:
        pytest.importorskip("pypcd4", reason="pypcd4 is not installed: robocache[cloud]")

    @pytest.mark.parametrize("data", ["ascii", "binary", "binary_compressed"])
    @pytest.mark.parametrize("real", ["f4", "f8"])
    @pytest.mark.parametrize("height", [1, 5])
    def test_every_encoding(self, tmp_path: Path, data: str, real: str, height: int) -> None:
        path, made = tmp_path / "cloud.pcd", rows(50, real)
        write_pcd(path, made, data, height=height)
        cloud = read_cloud(path)
        assert cloud.format == "PCD"
        check(cloud, made)

    @pytest.mark.parametrize("data", ["ascii", "binary", "binary_compressed"])
    def test_one_point_and_none(self, tmp_path: Path, data: str) -> None:
        for count in (1, 0):
            made = rows(8)[:count]
            write_pcd(tmp_path / "few.pcd", made, data)
            check(read_cloud(tmp_path / "few.pcd"), made)

    @pytest.mark.parametrize("kind", ["u4", "f4"])
    def test_packed_colours(self, tmp_path: Path, kind: str) -> None:
        made = np.zeros(2, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("rgb", "u4")])
        made["rgb"] = [0x00102030, 0x00FF8001]
        given = made.view(np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4"), ("rgb", kind)]))
        write_pcd(tmp_path / "rgb.pcd", given, "binary")
        cloud = read_cloud(tmp_path / "rgb.pcd")
        assert {name: list(values) for name, values in cloud.features.items()} == {
            "r": [0x10, 0xFF],
            "g": [0x20, 0x80],
            "b": [0x30, 0x01],
        }
        assert cloud.columns(["r", "g"]).dtype == np.uint8

    def test_alpha_normals_and_stamps(self, tmp_path: Path) -> None:
        names = ["x", "y", "z", "normal_x", "normal_y", "normal_z"]
        made = np.zeros(3, [(n, "f4") for n in names] + [("rgba", "u4"), ("time_ns", "u4")])
        made["normal_y"], made["rgba"], made["time_ns"] = 1, 0xAB010203, [5, 6, 7]
        write_pcd(tmp_path / "all.pcd", made, "binary_compressed")
        cloud = read_cloud(tmp_path / "all.pcd")
        np.testing.assert_array_equal(cloud.normals, [[0, 1, 0]] * 3)
        assert cloud.features["a"].tolist() == [0xAB] * 3
        assert (cloud.stamps.dtype, cloud.stamps.tolist()) == (np.int64, [5, 6, 7])

    def test_viewpoint(self, tmp_path: Path) -> None:
        half = np.sqrt(0.5)
        write_pcd(tmp_path / "v.pcd", rows(4), "binary", viewpoint=f"1 2 3 {half} 0 0 {half}")
        expected = [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]]
        np.testing.assert_allclose(read_cloud(tmp_path / "v.pcd").pose, expected, atol=1e-12)

    @pytest.mark.parametrize("data", ["ascii", "binary", "binary_compressed"])
    @pytest.mark.parametrize("cut", [1, 40, 400])
    def test_truncated(self, tmp_path: Path, data: str, cut: int) -> None:
        path = tmp_path / "cut.pcd"
        write_pcd(path, rows(), data)
        whole = path.read_bytes()
        cut = max(cut, 30) if data == "ascii" else cut  # Less may leave the last row whole.
        path.write_bytes(whole[:-cut])
        with pytest.raises(RecordingError, match=r"cut\.pcd: (truncated|damaged) PCD file: "):
            read_cloud(path)

    def test_no_coordinates(self, tmp_path: Path) -> None:
        made = np.zeros(2, [("x", "f4"), ("y", "f4"), ("height", "f4")])
        write_pcd(tmp_path / "flat.pcd", made, "binary")
        with pytest.raises(RecordingError, match=r"x, y and z; got x, y, height \(without z\)"):
            read_cloud(tmp_path / "flat.pcd")

    def test_size_that_is_not_width_times_height(self, tmp_path: Path) -> None:
        path = tmp_path / "odd.pcd"
        write_pcd(path, rows(), "binary")
        path.write_bytes(path.read_bytes().replace(b"WIDTH 50", b"WIDTH 49"))
        with pytest.raises(RecordingError, match="50 points are not 49 x 1"):
            read_cloud(path)


class TestPly:
    @pytest.mark.parametrize("encoding", ["ascii", "binary_little_endian", "binary_big_endian"])
    @pytest.mark.parametrize("real", ["f4", "f8"])
    @pytest.mark.parametrize("faces", [0, 2])
    def test_every_encoding(self, tmp_path: Path, encoding: str, real: str, faces: int) -> None:
        made = rows(20, real)
        write_ply(tmp_path / "cloud.ply", made, encoding, faces)
        check(read_cloud(tmp_path / "cloud.ply"), made)

    def test_written_and_read(self, tmp_path: Path) -> None:
        points, colors = xyz(rows(9)), np.arange(27, dtype=np.uint8).reshape(9, 3)
        write_points(tmp_path / "made.ply", points, points[::-1], colors)
        cloud = read_cloud(tmp_path / "made.ply")
        np.testing.assert_array_equal(cloud.points, points)
        np.testing.assert_array_equal(cloud.normals, points[::-1])
        np.testing.assert_array_equal(cloud.columns(["r", "g", "b"]), colors)
        write_points(tmp_path / "none.ply", points[:0])
        assert len(read_cloud(tmp_path / "none.ply")) == 0

    @pytest.mark.parametrize("encoding", ["ascii", "binary_little_endian"])
    def test_truncated(self, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "cut.ply"
        write_ply(path, rows(20), encoding)
        path.write_bytes(path.read_bytes()[:-80])
        with pytest.raises(RecordingError, match=r"(truncated|damaged) PLY file: "):
            read_cloud(path)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("ply\nformat ascii 1.0\nelement vertex 1\n", "the header has no end"),
            ("ply\nformat ascii 1.0\nend_header\n", "no element 'vertex"),
            ("ply\nformat text 1.0\nelement vertex 0\nend_header\n", "format 'text'"),
            (
                "ply\nformat ascii 1.0\nelement f 1\nproperty list uchar int v\nend_header\n",
                "lists",
            ),
            ("ply\nformat ascii 1.0\nelement vertex 1\nproperty word x\nend_header\n", "word"),
        ],
    )
    def test_damaged(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "bad.ply").write_text(text)
        with pytest.raises(RecordingError, match=message):
            read_cloud(tmp_path / "bad.ply")


class TestFloats:
    @pytest.mark.parametrize(
        ("name", "width", "features"),
        [("000000.bin", 4, ["intensity"]), ("sweep.pcd.bin", 5, ["intensity", "ring"])],
    )
    def test_kitti_and_nuscenes(
        self, tmp_path: Path, name: str, width: int, features: list[str]
    ) -> None:
        values = np.random.default_rng(1).random((30, width)).astype("<f4")
        values.tofile(tmp_path / name)
        cloud = read_cloud(tmp_path / name)
        np.testing.assert_array_equal(cloud.points, values[:, :3])
        np.testing.assert_array_equal(cloud.columns(features), values[:, 3:])
        assert list(cloud.features) == features

    def test_other_widths(self, tmp_path: Path) -> None:
        values = np.random.default_rng(2).random((10, 7)).astype("<f4")
        values.tofile(tmp_path / "wide.bin")
        cloud = read_cloud(tmp_path / "wide.bin", columns=7)
        assert list(cloud.features) == ["intensity", "ring", "column_5", "column_6"]
        np.testing.assert_array_equal(cloud.features["column_6"], values[:, 6])
        with pytest.raises(RecordingError, match="at least 3 columns"):
            read_cloud(tmp_path / "wide.bin", columns=2)

    def test_size_that_does_not_fit(self, tmp_path: Path) -> None:
        np.zeros(25, "<f4").tofile(tmp_path / "cut.bin")
        with pytest.raises(RecordingError, match="a multiple of 16 bytes, got 100; it would fit 5"):
            read_cloud(tmp_path / "cut.bin")


class TestNumpy:
    def test_npy(self, tmp_path: Path) -> None:
        values = np.random.default_rng(3).random((12, 5))
        np.save(tmp_path / "wide.npy", values)
        cloud = read_cloud(tmp_path / "wide.npy")
        assert cloud.points.dtype == np.float64
        np.testing.assert_array_equal(cloud.points, values[:, :3])
        assert list(cloud.features) == ["column_3", "column_4"]
        np.save(tmp_path / "records.npy", rows())
        check(read_cloud(tmp_path / "records.npy"), rows())

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("f2", "f4"), ("i2", "f4"), ("i4", "f8"), ("f4", "f4"), ("i8", "f8")],
    )
    def test_types_that_hold_all_values(self, tmp_path: Path, kind: str, expected: str) -> None:
        values = np.array([[1, 2, 3], [4, 5, 2**10]], kind)
        np.save(tmp_path / "typed.npy", values)
        cloud = read_cloud(tmp_path / "typed.npy")
        assert cloud.points.dtype == np.dtype(expected)
        np.testing.assert_array_equal(cloud.points, values)

    def test_npz(self, tmp_path: Path) -> None:
        made = rows()
        np.savez(
            tmp_path / "all.npz",
            points=xyz(made),
            normals=xyz(made)[::-1],
            intensity=made["intensity"],
            speed=np.ones((50, 2)),
            stamp_ns=np.arange(50) + 2**60,
            unrelated=np.arange(7),
        )
        cloud = read_cloud(tmp_path / "all.npz")
        np.testing.assert_array_equal(cloud.points, xyz(made))
        np.testing.assert_array_equal(cloud.normals, xyz(made)[::-1])
        assert list(cloud.features) == ["intensity", "speed_0", "speed_1"]
        np.testing.assert_array_equal(cloud.stamps, np.arange(50) + 2**60)

    @pytest.mark.parametrize("values", [np.zeros((3, 2)), np.zeros(3), np.array([["a"] * 3])])
    def test_what_is_no_cloud(self, tmp_path: Path, values: np.ndarray) -> None:
        np.save(tmp_path / "bad.npy", values)
        with pytest.raises(RecordingError, match=r"expected points of numbers \[N,3\] or wider"):
            read_cloud(tmp_path / "bad.npy")

    @pytest.mark.parametrize("name", ["cut.npy", "cut.npz"])
    def test_truncated(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        np.save(path, np.zeros((9, 3))) if name == "cut.npy" else np.savez(path, points=np.eye(3))
        path.write_bytes(path.read_bytes()[:-60])
        with pytest.raises(RecordingError, match=f"damaged {name[4:].upper()} file: "):
            read_cloud(path)


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "x,y,z,nx,ny,nz,intensity\n1,2,3,0,0,1,7\n4,5,6,0,1,0,8\n",
            "x;y;z;nx;ny;nz;intensity\r\n1;2;3;0;0;1;7\r\n4;5;6;0;1;0;8\r\n",
            '"X" , "Y","Z","nx","ny","nz","intensity"\n1 ,2, 3,0,0,1,7\n4,5,6,0,1,0,8\n\n',
            "#x y z nx ny nz intensity\n1 2 3  0 0 1 7\n4 5 6 0 1 0 8\n",
            "x\ty\tz\tnx\tny\tnz\tintensity\n1\t2\t3\t0\t0\t1\t7\n4\t5\t6\t0\t1\t0\t8",
        ],
    )
    def test_named_columns(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "cloud.csv").write_text(text, newline="")
        cloud = read_cloud(tmp_path / "cloud.csv")
        np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])
        np.testing.assert_array_equal(cloud.normals, [[0, 0, 1], [0, 1, 0]])
        np.testing.assert_array_equal(cloud.features["intensity"], [7, 8])

    def test_bare_columns(self, tmp_path: Path) -> None:
        (tmp_path / "cloud.xyz").write_text("1 2 3 9\n4 5 nan 8\n")
        cloud = read_cloud(tmp_path / "cloud.xyz")
        np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, np.nan]])
        np.testing.assert_array_equal(cloud.features["column_3"], [9, 8])

    @pytest.mark.parametrize(
        ("column", "text", "stamp"),
        [
            ("timestamp", "1700000000.123456789", 1700000000123456789),
            ("time_ns", "1700000000123456789", 1700000000123456789),
            ("t [us]", "1700000000123456", 1700000000123456000),
        ],
    )
    def test_stamps_keep_their_nanoseconds(
        self, tmp_path: Path, column: str, text: str, stamp: int
    ) -> None:
        (tmp_path / "cloud.csv").write_text(f"x,y,z,{column}\n1,2,3,{text}\n4,5,6,{text}\n")
        cloud = read_cloud(tmp_path / "cloud.csv")
        assert cloud.stamps.tolist() == [stamp] * 2
        assert not cloud.features

    def test_times_of_an_open_unit_stay_a_feature(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "cloud.npz", points=np.eye(3), t=np.arange(3))
        cloud = read_cloud(tmp_path / "cloud.npz")
        assert cloud.stamps is None
        assert cloud.features["t"].tolist() == [0, 1, 2]
        assert "column 't' stays a feature: the unit" in cloud.notes[0]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("x,y,z\n1,2,3\n4,5\n", "columns changed"),
            ("x,y,z\n1,2,here\n", "could not convert string 'here'"),
            ("x,y,z,w\n1,2,3\n", "expected 4 columns, got 3"),
            ("x,y,z,x\n1,2,3,4\n", "several columns have one name"),
            ("1,2\n3,4\n", r"got x, y \(without z\)"),
        ],
    )
    def test_damaged(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(RecordingError, match=message):
            read_cloud(tmp_path / "bad.csv")


def pixel_of(profile: str, millimetres: int, reflectivity: int, second: int = 0) -> bytes:
    """Bytes of a pixel as the profile has them; signal 300, near infrared 16 times 5."""
    if profile == "RNG15_RFL8_NIR8":
        return struct.pack("<HBB", millimetres // 8 | 0x8000, reflectivity, 5)
    if profile == "RNG19_RFL8_SIG16_NIR16_DUAL":
        both = [millimetres | reflectivity << 24, second | reflectivity << 24]
        return struct.pack("<IIHHHH", *both, 300, 301, 80, 0)
    flags = 0 if profile == "LEGACY" else 0xF80000
    return struct.pack("<IBBHHH", millimetres | flags, reflectivity, 0, 300, 80, 0)


class TestOuster:
    @pytest.mark.parametrize("profile", Lidar.PROFILES)
    def test_a_ball_around_the_sensor(self, tmp_path: Path, profile: str) -> None:
        """Beams from one point: spherical coordinates. One pixel, and one column, sees nothing."""
        lidar, radius = Lidar(profile), 8000
        packets = lidar.packets(
            3,
            lambda scan, column, row: pixel_of(
                profile, 0 if (column, row) == (9, 2) else radius, column + 10 * scan
            ),
            lambda scan, column: (scan, column) != (1, 4),
        )
        lidar.write(tmp_path / "ball.pcap", packets)
        cloud = read_cloud(tmp_path / "ball.pcap")
        seen = [
            (scan, column, row)
            for scan in range(3)
            for column in range(32)
            for row in range(4)
            if (scan, column) != (1, 4) and (column, row) != (9, 2)
        ]
        scan, column, row = np.array(seen).T
        turn, tilt = -2 * np.pi * column / 32, np.radians(np.array(Lidar.ALTITUDE))[row]
        expected = 8.0 * np.stack(
            [np.cos(turn) * np.cos(tilt), np.sin(turn) * np.cos(tilt), np.sin(tilt)], axis=1
        )
        np.testing.assert_allclose(cloud.points, expected, atol=2e-6)
        np.testing.assert_array_equal(cloud.stamps, (32 * scan + column) * 1_000_000)
        np.testing.assert_array_equal(cloud.features["scan"], scan)
        np.testing.assert_array_equal(cloud.features["row"], row)
        np.testing.assert_array_equal(cloud.features["reflectivity"], column + 10 * scan)
        np.testing.assert_array_equal(cloud.features["range"], np.float32(8))
        np.testing.assert_array_equal(cloud.features["near_ir"], 80)
        if profile != "RNG15_RFL8_NIR8":
            np.testing.assert_array_equal(cloud.features["signal"], 300)
        one = read_cloud(tmp_path / "ball.pcap", scan=2)
        np.testing.assert_array_equal(one.points, cloud.points[scan == 2])

    def test_second_returns_follow_the_first(self, tmp_path: Path) -> None:
        profile = "RNG19_RFL8_SIG16_NIR16_DUAL"
        lidar = Lidar(profile)
        lidar.write(
            tmp_path / "two.pcap",
            lidar.packets(
                1, lambda scan, column, row: pixel_of(profile, 4000, 1, 9000 * (row == 1))
            ),
        )
        cloud = read_cloud(tmp_path / "two.pcap")
        assert np.round(cloud.features["range"]).tolist() == [4] * 128 + [9] * 32
        assert cloud.features["signal"][[0, -1]].tolist() == [300, 301]

    def test_beams_that_leave_beside_the_axis(self, tmp_path: Path) -> None:
        """In the level a range is from the axis; a beam's azimuth turns it about its own origin."""
        for azimuth in (0.0, 90.0):
            lidar = Lidar("LEGACY", beam_offset=20.0, azimuth=azimuth)
            packets = lidar.packets(1, lambda scan, column, row: pixel_of("LEGACY", 3000, 1))
            lidar.write(tmp_path / "level.pcap", packets)
            first = read_cloud(tmp_path / "level.pcap").points[1]  # Column 0, level beam.
            expected = (3.0, 0, 0) if azimuth == 0 else (0.02, -2.98, 0)
            np.testing.assert_allclose(first, expected, atol=1e-6)

    @pytest.mark.parametrize(
        "capture",
        [
            {"order": ">"},
            {"nanoseconds": True},
            {"link": 113},
            {"link": 101},
            {"mtu": 200},
            {"mtu": 8},
        ],
    )
    def test_captures_of_every_kind(self, tmp_path: Path, capture: dict[str, int]) -> None:
        lidar = Lidar("LEGACY")
        packets = lidar.packets(
            1, lambda s, column, row: pixel_of("LEGACY", 100 * column + 500, row)
        )
        lidar.write(tmp_path / "plain.pcap", packets)
        lidar.write(tmp_path / "other.pcap", packets, **capture)
        plain, other = (read_cloud(tmp_path / f"{name}.pcap") for name in ("plain", "other"))
        np.testing.assert_array_equal(other.points, plain.points)
        assert len(plain) == 128

    def test_metadata_of_newer_firmware(self, tmp_path: Path) -> None:
        lidar = Lidar("RNG15_RFL8_NIR8", beam_offset=20.0)
        lidar.write(
            tmp_path / "new.pcap",
            lidar.packets(1, lambda s, column, row: pixel_of(lidar.profile, 4000, 1)),
        )
        old = read_cloud(tmp_path / "new.pcap")
        (tmp_path / "sections.json").write_text(lidar.metadata(sections=True))
        new = read_cloud(tmp_path / "new.pcap", metadata=tmp_path / "sections.json")
        np.testing.assert_array_equal(new.points, old.points)

    def test_bad_captures(self, tmp_path: Path) -> None:
        lidar, path = Lidar("LEGACY"), tmp_path / "bad.pcap"

        def error(**options: object) -> str:
            with pytest.raises(RecordingError) as caught:
                read_cloud(path, **options)
            return str(caught.value)

        packets = lidar.packets(2, lambda scan, column, row: pixel_of("LEGACY", 4000, 1))
        write_pcap(path, packets)
        assert f"expected the sensor's metadata in {tmp_path / 'bad.json'}, got no" in error()
        lidar.write(path, packets)
        assert "expected a scan from 0 to 1, got 2" in error(scan=2)
        whole = path.read_bytes()
        path.write_bytes(whole[:-5])
        assert "truncated: the file ends within a packet" in error()
        path.write_bytes(whole[:10])
        assert "not a pcap file, or cut within its header" in error()
        path.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(40))
        assert "expected a classic pcap, got pcapng" in error()
        Lidar("RNG15_RFL8_NIR8").write(path, packets)
        assert "expected packets of" in error()
        assert f"got datagrams of 13, {len(packets[0])} bytes" in error()
        lidar.write(path, [], order="<")
        assert "got datagrams of 13 bytes" in error()
        path.with_suffix(".json").write_text("{}")
        assert "bad.json: not the metadata of an Ouster sensor: beam_altitude_angles" in error()
        path.with_suffix(".json").write_text(Lidar("NEW_PROFILE").metadata())
        assert "lidar profile 'NEW_PROFILE'; known are LEGACY" in error()

    def test_packets_cut_while_capturing(self, tmp_path: Path) -> None:
        path = tmp_path / "snap.pcap"
        header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 96, 1)
        path.write_bytes(header + struct.pack("<IIII", 0, 0, 96, 1500) + bytes(96))
        path.with_suffix(".json").write_text(Lidar("LEGACY").metadata())
        with pytest.raises(RecordingError, match="cut when captured: 96 of 1500 bytes"):
            read_cloud(path)


def one_of_each(folder: Path) -> list[Path]:
    """A small file of every format."""
    for data in ("ascii", "binary", "binary_compressed"):
        write_pcd(folder / f"{data}.pcd", rows(), data)
    for encoding in ("ascii", "binary_big_endian"):
        write_ply(folder / f"{encoding}.ply", rows(), encoding, 2)
    np.save(folder / "cloud.npy", rows())
    np.savez(folder / "cloud.npz", points=xyz(rows()), ring=rows()["ring"])
    np.savetxt(folder / "cloud.csv", xyz(rows()), delimiter=",", header="x,y,z", comments="")
    lidar = Lidar("LEGACY")
    packets = lidar.packets(2, lambda scan, column, row: pixel_of("LEGACY", 4000, 1))
    lidar.write(folder / "cloud.pcap", packets, mtu=600)
    return sorted(path for path in folder.iterdir() if path.suffix != ".json")


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_a_cloud_or_one_line(tmp_path: Path, seed: int) -> None:
    """A few bytes are others, or some are missing: no other exception, and no waiting."""
    pytest.importorskip("pypcd4")
    rng = np.random.default_rng(seed)
    for path in one_of_each(tmp_path):
        damaged = bytearray(path.read_bytes())
        begin = 0 if seed % 2 else len(damaged) // 3
        for place in rng.integers(begin, min(len(damaged), begin + 600), 1 + seed % 5):
            damaged[place] = rng.integers(256)
        if seed % 3 == 0:
            del damaged[rng.integers(len(damaged)) :]
        path.write_bytes(damaged)
        try:
            cloud = read_cloud(path)
        except RecordingError as error:
            line = str(error)
        else:
            line = f"{path}: read"
            arrays = [cloud.points, *cloud.features.values()]
            assert {len(values) for values in arrays} == {len(cloud)}
        assert line.startswith(f"{path}: ")
        assert "\n" not in line


def test_text_without_rows(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("x,y,z,intensity\n")
    cloud = read_cloud(tmp_path / "none.csv")
    assert cloud.points.shape == (0, 3)
    assert cloud.features["intensity"].shape == (0,)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.pcd", None, "no such file or folder"),
        ("empty.ply", b"", "the file is empty"),
        ("what.las", b"LASF and more", "unknown format; known are PCD, PLY"),
        ("zip.zip", b"PK\3\4", "unknown format"),
    ],
)
def test_what_is_no_cloud(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match=message) as caught:
        read_cloud(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    with pytest.raises(RecordingError, match="expected a file, got a folder"):
        read_cloud(tmp_path)


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pcd(tmp_path / "cloud.pcd", rows(), "binary")
    monkeypatch.setitem(__import__("sys").modules, "pypcd4", None)
    with pytest.raises(RecordingError, match=r'pip install "robocache\[cloud\]"'):
        read_cloud(tmp_path / "cloud.pcd")


def test_columns_in_one_type(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "c.npz",
        points=np.eye(3, dtype=np.float32),
        wide=np.array([1, 2, 2**16 - 1], np.uint16),
        wider=np.array([1, 2, 2**31], np.uint32),
        small=np.array([1, 2, 3], np.int16),
        flag=np.array([True, False, True]),
    )
    cloud = read_cloud(tmp_path / "c.npz")
    for names, expected in {
        ("small",): "int16",
        ("wide",): "float32",
        ("flag",): "float32",
        ("wide", "small"): "float64",
        ("wider",): "float64",
        ("x", "small"): "float32",
    }.items():
        columns = cloud.columns(names)
        assert columns.dtype.name == expected
        for name, column in zip(names, columns.T, strict=True):
            np.testing.assert_array_equal(
                column, cloud.points[:, 0] if name == "x" else cloud.features[name]
            )
    with pytest.raises(rc.InvalidArgumentError, match=r"has no 'ring'; it has x, y, z, wide"):
        cloud.columns(["ring"])


OS1_POINTS = {
    0: (-55.3601, -4.0739, 6.5945),
    100000: (-5.9650, -4.4227, -2.0132),
    322535: (-5.9313, 0.4009, -1.9350),
}


@cache
def real(name: str) -> Cloud:
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA}: set ROBOCACHE_DATA")
    return read_cloud(DATA / name)


class TestRealFiles:
    """Not part of the project. The numbers were measured when the files were chosen, or, of the
    captures, computed by the sensor maker's own SDK (1.0.1)."""

    @pytest.mark.parametrize(
        ("name", "count", "distinct"),
        [
            ("room_scan1.pcd", 112586, 56159),
            ("learn0.pcd", 307200, None),
            ("csite1_utm.pcd", 522674, None),
        ],
    )
    def test_pcd(self, name: str, count: int, distinct: int | None) -> None:
        pytest.importorskip("pypcd4")
        points = real(name).points
        assert points.dtype == np.float32
        assert len(points) == count
        if distinct:
            assert len(np.unique(points, axis=0)) == distinct

    def test_organized_colours_and_nan(self) -> None:
        pytest.importorskip("pypcd4")
        cloud = real("learn0.pcd")
        assert np.isnan(cloud.points).any(axis=1).sum() == 124908
        assert list(cloud.features) == ["label", "r", "g", "b", "a"]
        assert np.ptp(cloud.columns(["r", "g", "b"]), axis=0).min() > 200

    def test_csv_with_normals(self) -> None:
        cloud = real("car_cloud400.csv")
        assert len(cloud) == 24989
        lengths = np.linalg.norm(cloud.normals, axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-3)

    def test_ouster_os1(self) -> None:
        cloud = real("ouster_os1.pcap")
        assert len(cloud) == 322536
        assert np.bincount(cloud.features["scan"]).tolist() == [107647, 107357, 107532]
        assert (cloud.stamps[0], cloud.stamps[-1]) == (991587364520, 991887302080)
        assert len(np.unique(cloud.stamps)) == 3 * 1024
        ranges = cloud.features["range"]
        assert (ranges.min(), ranges.max()) == (np.float32(1.264), np.float32(246.864))
        for row, expected in OS1_POINTS.items():
            np.testing.assert_allclose(cloud.points[row], expected, atol=1e-4)

    def test_scans_lie_on_each_other_once_deskewed(self) -> None:
        """The sensor moves a quarter of a metre per scan. Walls that are seen three times take
        fewer voxels where each scan has its pose, and fewer still where each column has."""
        cloud = real("ouster_os1.pcap")
        path = DATA / "ouster_os1_poses.txt"
        if not path.is_file():
            pytest.skip(f"{path.name} is not in {DATA}: set ROBOCACHE_DATA")
        poses = np.tile(np.eye(4), (3, 1, 1))
        poses[:, :3] = np.loadtxt(path).reshape(3, 3, 4)
        scan = cloud.features["scan"]
        middles = [int(np.median(cloud.stamps[scan == k])) for k in range(3)]
        points = cloud.points.astype(np.float64)
        placed = np.einsum("nij,nj->ni", poses[scan, :3, :3], points) + poses[scan, :3, 3]
        deskewed = rc.deskew(points, cloud.stamps, np.array(middles), poses, outside="extrapolate")
        near = np.linalg.norm(points, axis=1) < 40
        raw, per_scan, per_column = (
            int(rc.voxelize_sparse(np.ascontiguousarray(each[near]), 0.1, reduce=None).total)
            for each in (points, placed, deskewed)
        )
        assert per_column < per_scan < 0.9 * raw

    def test_ouster_os0(self) -> None:
        cloud = real("ouster_os0.pcap")
        assert len(cloud) == 97299
        assert set(cloud.features) == {"reflectivity", "near_ir", "range", "row", "scan"}
