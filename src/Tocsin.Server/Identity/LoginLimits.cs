using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// How often somebody may fail to prove who he is: ten times a minute from one place, and ten times a minute for one account. An account is
/// counted apart for each place that it was logged in from before, so that a stranger who uses up its tries locks out strangers only.
/// Counted on this node; the memory that it takes does not grow, whoever asks.
/// </summary>
internal sealed class LoginLimits(TimeProvider clock)
{
    public const int TriesPerMinute = 10;

    private const int Rows = 2;
    private const int Slots = 1 << 15;

    // Who knew which names share a slot could use up the tries of somebody else.
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(16);
    private readonly Slot[] _slots = new Slot[Rows * Slots];
    private readonly Lock _lock = new();

    /// <summary>Where a login comes from, as it is counted and remembered: an IPv4 address, or the network of an IPv6 one, of which its owner has many.</summary>
    public static string PlaceOf(string address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return address;
        }

        if (parsed.IsIPv4MappedToIPv6)
        {
            parsed = parsed.MapToIPv4();
        }

        if (parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return parsed.ToString();
        }

        var bytes = parsed.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    /// <summary>Counts a try before it is made, so that those made at once are counted too.</summary>
    /// <param name="who">Such as <c>place 192.0.2.7</c>.</param>
    /// <returns>Null: it may be made. Else how long to wait.</returns>
    public TimeSpan? Take(string who)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (first, second) = SlotsOf(who);
        lock (_lock)
        {
            // Two rows: somebody is refused only if he shares both his slots with somebody who tries much, which is next to never.
            ref var a = ref Turned(first, now);
            ref var b = ref Turned(second, now);
            var spent = Math.Min(a.Spent(now), b.Spent(now));
            if (spent >= TriesPerMinute)
            {
                return TimeSpan.FromMilliseconds(Slot.Length - (now % Slot.Length));
            }

            a.Now++;
            b.Now++;
            return null;
        }
    }

    /// <summary>Takes a try back that turned out to be good.</summary>
    public void Return(string who)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (first, second) = SlotsOf(who);
        lock (_lock)
        {
            foreach (var at in (ReadOnlySpan<int>)[first, second])
            {
                ref var slot = ref Turned(at, now);
                slot.Now = Math.Max(0, slot.Now - 1);
            }
        }
    }

    private ref Slot Turned(int at, long now)
    {
        ref var slot = ref _slots[at];
        slot.Turn(now / Slot.Length);
        return ref slot;
    }

    private (int First, int Second) SlotsOf(string who)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_seed, Encoding.UTF8.GetBytes(who), hash);
        var numbers = MemoryMarshal.Cast<byte, uint>(hash);
        return ((int)(numbers[0] % Slots), Slots + (int)(numbers[1] % Slots));
    }

    /// <summary>Tries of this minute and of the one before, which counts by the part of it that lies in the last 60 seconds.</summary>
    private struct Slot
    {
        public const long Length = 60_000;

        public long Minute;
        public int Before;
        public int Now;

        public void Turn(long minute)
        {
            if (minute != Minute)
            {
                (Before, Now, Minute) = (minute == Minute + 1 ? Now : 0, 0, minute);
            }
        }

        public readonly int Spent(long now) => Now + (int)Math.Ceiling(Before * (1 - (now % Length / (double)Length)));
    }
}
