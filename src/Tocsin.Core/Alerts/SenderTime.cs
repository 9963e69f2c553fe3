using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Tocsin.Alerts;

public enum SenderTimeKind
{
    /// <summary>Missing, empty, zero, or the year 1, which many senders write for "not yet".</summary>
    NotSet,
    Set,
    Unreadable,
}

/// <summary>
/// A time as a sender wrote it: RFC 3339 (also with a blank for the T, an offset without colon or without minutes, no seconds,
/// no offset, which means UTC, or the date alone), or a number since 1970 in seconds, milliseconds, microseconds or nanoseconds, told apart
/// by size. The number may be quoted.
/// </summary>
/// <param name="At">UTC; meaningful only if it is <see cref="SenderTimeKind.Set"/>.</param>
public readonly record struct SenderTime(SenderTimeKind Kind, DateTimeOffset At)
{
    private const long UnixEpochTicks = 621_355_968_000_000_000;

    /// <summary>Larger numbers are of smaller units.</summary>
    private const long MostSeconds = 100_000_000_000;

    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far ahead of the receiver a sender's clock may be.</summary>
    public static TimeSpan MaxAhead { get; } = TimeSpan.FromHours(24);

    private static SenderTime Unreadable => new(SenderTimeKind.Unreadable, default);

    /// <param name="text">UTF-8, without quotes.</param>
    public static SenderTime Read(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            return default;
        }

        return text.Length >= 10 && text[4] == '-' ? ReadDate(text) : ReadNumber(text);
    }

    public static SenderTime Read(ReadOnlySpan<char> text)
    {
        Span<byte> ascii = stackalloc byte[64];
        return text.Length <= ascii.Length && Ascii.FromUtf16(text, ascii, out var count) == System.Buffers.OperationStatus.Done
            ? Read(ascii[..count])
            : Unreadable;
    }

    /// <summary>
    /// The time if it can be true. One before 2000 or more than <see cref="MaxAhead"/> after <paramref name="receivedAt"/> is left out, as is one
    /// that could not be read, and a sentence about it is added.
    /// </summary>
    /// <param name="field">The sender's own name for it.</param>
    /// <param name="warnings">Where the sentence goes.</param>
    public DateTimeOffset? Plausible(string field, DateTimeOffset receivedAt, ref Warnings warnings)
    {
        switch (Kind)
        {
            case SenderTimeKind.NotSet:
                return null;
            case SenderTimeKind.Unreadable:
                warnings.Add($"{field} is not a time that can be read; it was ignored.");
                return null;
            default:
                if (At >= Earliest && At <= receivedAt + MaxAhead)
                {
                    return At;
                }

                var why = At < Earliest ? "before the year 2000" : "more than 24 hours in the future";
                warnings.Add(
                    $"{field} is {why} ({At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}); it was ignored.");
                return null;
        }
    }

    private static SenderTime ReadNumber(ReadOnlySpan<byte> text)
    {
        decimal number;
        if (Utf8Parser.TryParse(text, out long whole, out var used) && used == text.Length)
        {
            // Seconds, as most write them: read without the detour.
            if (whole is > 0 and < MostSeconds)
            {
                return new(SenderTimeKind.Set, new(UnixEpochTicks + (whole * TimeSpan.TicksPerSecond), TimeSpan.Zero));
            }

            number = whole;
        }
        else if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            return Unreadable;
        }

        if (number == 0)
        {
            return default;
        }

        var ticksPerUnit = Math.Abs(number) switch
        {
            < MostSeconds => TimeSpan.TicksPerSecond,
            < 1e14m => TimeSpan.TicksPerMillisecond,
            < 1e17m => TimeSpan.TicksPerMicrosecond,
            _ => 0.01m,
        };
        return Math.Abs(number) < 1e21m ? FromTicks(UnixEpochTicks + (number * ticksPerUnit)) : Unreadable;
    }

    private static SenderTime FromTicks(decimal ticks) =>
        ticks < 0 || ticks > DateTime.MaxValue.Ticks ? Unreadable : new(SenderTimeKind.Set, new((long)ticks, TimeSpan.Zero));

    private static SenderTime ReadDate(ReadOnlySpan<byte> text)
    {
        if (!Digits(text, 0, 4, out var year) || !Digits(text, 5, 2, out var month) || text[7] != '-' || !Digits(text, 8, 2, out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return Unreadable;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        var rest = text[10..];
        if (!rest.IsEmpty)
        {
            if (rest[0] is not ((byte)'T' or (byte)'t' or (byte)' ')
                || !Digits(rest, 1, 2, out var hour) || rest.Length < 6 || rest[3] != ':' || !Digits(rest, 4, 2, out var minute)
                || hour > 23 || minute > 59)
            {
                return Unreadable;
            }

            ticks += (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
            rest = rest[6..];
            if (rest is [(byte)':', ..])
            {
                // A leap second is the first instant of the next minute here.
                if (!Digits(rest, 1, 2, out var second) || second > 60)
                {
                    return Unreadable;
                }

                ticks += second * TimeSpan.TicksPerSecond;
                rest = Fraction(rest[3..], ref ticks);
            }

            if (!Offset(rest, out var offset))
            {
                return Unreadable;
            }

            ticks -= offset;
        }

        // Year 1 in any zone is Go's and .NET's "no time".
        return year == 1 ? default : FromTicks(ticks);
    }

    private static ReadOnlySpan<byte> Fraction(ReadOnlySpan<byte> text, scoped ref long ticks)
    {
        if (text is not ([(byte)'.', ..] or [(byte)',', ..]))
        {
            return text;
        }

        var (i, unit) = (1, TimeSpan.TicksPerSecond);
        for (; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            unit /= 10;
            ticks += (text[i] - '0') * unit;
        }

        return text[i..];
    }

    private static bool Offset(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        text = text.TrimStart((byte)' ');
        if (text is [] or [(byte)'Z'] or [(byte)'z'])
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || !Digits(text, 1, 2, out var hours) || hours > 23)
        {
            return false;
        }

        var minutes = 0;
        var rest = text[3..];
        if (!rest.IsEmpty && (!Digits(rest, rest[0] == ':' ? 1 : 0, 2, out minutes) || minutes > 59 || rest.Length != (rest[0] == ':' ? 3 : 2)))
        {
            return false;
        }

        ticks = ((hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute)) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        if (at + count > text.Length)
        {
            return false;
        }

        for (var i = at; i < at + count; i++)
        {
            if (text[i] is not (>= (byte)'0' and <= (byte)'9'))
            {
                return false;
            }

            value = (value * 10) + (text[i] - '0');
        }

        return true;
    }
}
