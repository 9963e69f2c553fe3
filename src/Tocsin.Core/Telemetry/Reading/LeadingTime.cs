using System.Globalization;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>The time with which a line begins, in the forms that programs write. One without zone means UTC.</summary>
internal static class LeadingTime
{
    private const string Months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private const string Days = "MonTueWedThuFriSatSun";

    /// <param name="used">The characters that it takes, with brackets around it, without the blank after it.</param>
    public static bool TryRead(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (text is ['[', .. var inner])
        {
            // One pair only: a line of nothing but brackets must not lead ever deeper.
            if (inner is ['[', ..] || !TryRead(inner, now, out at, out used) || used >= inner.Length || inner[used] != ']')
            {
                return false;
            }

            used += 2;
            return true;
        }

        if (text.Length < 15)
        {
            return false;
        }

        if (!char.IsAsciiDigit(text[0]))
        {
            return char.IsAsciiLetterUpper(text[0]) && (text[3] == ' ' && DayOf(text) ? ReadAscTime(text, out at, out used) : ReadMonthDay(text, now, out at, out used));
        }

        return text[4] switch
        {
            '-' => ReadIso(text, out at, out used),
            '/' => ReadSlashed(text, out at, out used),
            _ => text[2] is '/' or ' ' && ReadDayFirst(text, out at, out used),
        };
    }

    /// <summary><c>10/Oct/2026:13:55:36 -0700</c>, and <c>10 Oct 2026 13:55:36.123</c>.</summary>
    private static bool ReadDayFirst(ReadOnlySpan<char> text, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (text.Length < 20 || text[6] != text[2] || MonthOf(text[3..]) is not { } month || text[11] != (text[2] == '/' ? ':' : ' ')
            || !Number(text, 0, 2, out var day) || !Number(text, 7, 4, out var year) || !TimeOfDay(text[12..], out var time, out var length))
        {
            return false;
        }

        used = 12 + length;
        var offset = TimeSpan.Zero;
        if (text[2] == '/')
        {
            if (text.Length < used + 6 || text[used] != ' ' || text[used + 1] is not ('+' or '-') || !Number(text, used + 2, 2, out var hours) || !Number(text, used + 4, 2, out var minutes))
            {
                return false;
            }

            offset = new TimeSpan(hours, minutes, 0) * (text[used + 1] == '-' ? -1 : 1);
            used += 6;
        }

        return Make(year, month, day, time - offset, out at);
    }

    /// <summary><c>2026-10-10T13:55:36.123+02:00</c> and its relatives.</summary>
    private static bool ReadIso(ReadOnlySpan<char> text, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (text[10] is not ('T' or 't' or ' ') || !TimeOfDay(text[11..], out _, out var length))
        {
            return false;
        }

        used = 11 + length;
        var numbers = used;
        var rest = text[used..];
        var blank = rest is [' ', ..] ? 1 : 0;
        if (rest is ['Z' or 'z', ..])
        {
            (numbers, used) = (used + 1, used + 1);
        }
        else if (rest.Length >= blank + 5 && rest[blank] is '+' or '-' && Number(rest, blank + 1, 2, out _))
        {
            var colon = rest[blank + 3] == ':' ? 1 : 0;
            if (rest.Length >= blank + 5 + colon && Number(rest, blank + 3 + colon, 2, out _))
            {
                (numbers, used) = (used + blank + 5 + colon, used + blank + 5 + colon);
            }
            else if (blank == 0)
            {
                return false;
            }
        }
        else if (rest.StartsWith(" UTC") || rest.StartsWith(" GMT"))
        {
            used += 4;
        }

        if (used < text.Length && char.IsLetterOrDigit(text[used]))
        {
            return false;
        }

        var time = SenderTime.Read(text[..numbers]);
        at = time.At;
        return time.Kind == SenderTimeKind.Set;
    }

    /// <summary><c>2026/10/10 13:55:36</c>, as nginx and Go write.</summary>
    private static bool ReadSlashed(ReadOnlySpan<char> text, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (text.Length < 19 || text[7] != '/' || text[10] != ' '
            || !Number(text, 0, 4, out var year) || !Number(text, 5, 2, out var month) || !Number(text, 8, 2, out var day) || !TimeOfDay(text[11..], out var time, out var length))
        {
            return false;
        }

        used = 11 + length;
        return Make(year, month, day, time, out at);
    }

    /// <summary><c>Oct  9 13:55:36</c>; the year is the nearest.</summary>
    private static bool ReadMonthDay(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (MonthOf(text) is not { } month || text[3] != ' ')
        {
            return false;
        }

        var begin = text[4] == ' ' ? 5 : 4;
        var digits = text[begin + 1] == ' ' ? 1 : 2;
        if (!Number(text, begin, digits, out var day) || text[begin + digits] != ' ' || !TimeOfDay(text[(begin + digits + 1)..], out var time, out var length)
            || TelemetryTime.InNearestYear(month, day, time, now) is not { } nearest)
        {
            return false;
        }

        (at, used) = (nearest, begin + digits + 1 + length);
        return true;
    }

    /// <summary><c>Sat Oct 10 13:55:36.123456 2026</c>, as Apache writes.</summary>
    private static bool ReadAscTime(ReadOnlySpan<char> text, out DateTimeOffset at, out int used)
    {
        (at, used) = (default, 0);
        if (text.Length < 24 || MonthOf(text[4..]) is not { } month || text[7] != ' ')
        {
            return false;
        }

        var begin = text[8] == ' ' ? 9 : 8;
        if (!Number(text, begin, 10 - begin, out var day) || text[10] != ' ' || !TimeOfDay(text[11..], out var time, out var length))
        {
            return false;
        }

        used = 11 + length;
        if (text.Length < used + 5 || text[used] != ' ' || !Number(text, used + 1, 4, out var year))
        {
            return false;
        }

        used += 5;
        return Make(year, month, day, time, out at);
    }

    /// <summary><c>13:55:36</c>, perhaps with a fraction after a point or comma.</summary>
    public static bool TimeOfDay(ReadOnlySpan<char> text, out TimeSpan time, out int used)
    {
        (time, used) = (default, 0);
        if (text.Length < 8 || text[2] != ':' || text[5] != ':' || !Number(text, 0, 2, out var hour) || !Number(text, 3, 2, out var minute) || !Number(text, 6, 2, out var second)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        var ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute) + (second * TimeSpan.TicksPerSecond);
        used = 8;
        if (text.Length > 9 && text[8] is '.' or ',' && char.IsAsciiDigit(text[9]))
        {
            var unit = TimeSpan.TicksPerSecond;
            for (used = 9; used < text.Length && char.IsAsciiDigit(text[used]); used++)
            {
                unit /= 10;
                ticks += (text[used] - '0') * unit;
            }
        }

        time = new(ticks);
        return true;
    }

    /// <returns>1 to 12; null: no month's name begins the text.</returns>
    public static int? MonthOf(ReadOnlySpan<char> text) =>
        text.Length >= 3 && Months.AsSpan().IndexOf(text[..3]) is var at and >= 0 && at % 3 == 0 ? (at / 3) + 1 : null;

    public static bool Number(ReadOnlySpan<char> text, int at, int count, out int value)
    {
        value = 0;
        return text.Length >= at + count && int.TryParse(text.Slice(at, count), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool DayOf(ReadOnlySpan<char> text) => Days.AsSpan().IndexOf(text[..3]) is var at and >= 0 && at % 3 == 0;

    private static bool Make(int year, int month, int day, TimeSpan time, out DateTimeOffset at)
    {
        at = default;
        if (year is < 1 or > 9998 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks + time.Ticks;
        if (ticks < 0)
        {
            return false;
        }

        at = new(ticks, TimeSpan.Zero);
        return true;
    }
}
