using System.Globalization;

namespace Tocsin.Pages;

/// <summary>The one "now" of a page and the zone that its reader lives in. All words about time come from here.</summary>
public sealed class Clock(DateTimeOffset now, TimeZoneInfo zone)
{
    private const string FieldFormat = "yyyy-MM-dd'T'HH:mm";

    /// <summary>The ids of the zones that people live in, to choose from.</summary>
    public static IReadOnlyList<string> Zones { get; } =
        [.. TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id).Where(id => (id.Contains('/', StringComparison.Ordinal) && !id.StartsWith("Etc/", StringComparison.Ordinal)) || id == "UTC").Order(StringComparer.Ordinal)];

    public DateTimeOffset Now { get; } = now;

    public TimeZoneInfo Zone { get; } = zone;

    /// <summary>A clock for an IANA zone id; UTC when this machine does not know it.</summary>
    public static Clock In(string? zoneId, DateTimeOffset now) =>
        new(now, zoneId is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out var zone) ? zone : TimeZoneInfo.Utc);

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>"just now", "4 min ago", "in 2 min".</summary>
    public string Relative(DateTimeOffset at)
    {
        var age = Now - at;
        return age.TotalSeconds switch
        {
            > -5 and < 5 => "just now",
            >= 5 => Words.Span(age) + " ago",
            _ => "in " + Words.Span(age),
        };
    }

    /// <summary>The wall clock, with as much of the date as is needed: "02:58", "Mon 09:00", "21 Nov 09:00", "21 Nov 2025 09:00".</summary>
    public string Short(DateTimeOffset at)
    {
        var (local, today) = (Local(at), Local(Now).Date);
        var days = (local.Date - today).TotalDays;
        var format = days switch
        {
            0 => "HH:mm",
            > -7 and < 7 => "ddd HH:mm",
            _ when local.Year == today.Year => "d MMM HH:mm",
            _ => "d MMM yyyy HH:mm",
        };
        return local.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>"02:58:12", for timelines that show their dates apart.</summary>
    public string Seconds(DateTimeOffset at) => Local(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>"Fri 21 Nov".</summary>
    public string Day(DateTimeOffset at) => Local(at).ToString("ddd d MMM", CultureInfo.InvariantCulture);

    /// <summary>"Fri 21 Nov 2025, 02:58:12 (UTC+01:00)": says everything.</summary>
    public string Full(DateTimeOffset at)
    {
        var local = Local(at);
        return local.ToString("ddd d MMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture) + " (" + Offset(local.Offset) + ")";
    }

    /// <summary>The whole moment here and, where that is another wall clock, in UTC as logs write it; for hovering.</summary>
    public string Hover(DateTimeOffset at) =>
        Local(at).Offset == TimeSpan.Zero ? Full(at) : $"{Full(at)} · {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC";

    public string ZoneName => Zone.Equals(TimeZoneInfo.Utc) ? "UTC" : Zone.Id;

    /// <summary>When the wall clock next shows this time after now. Skipped times move forward.</summary>
    public DateTimeOffset Next(TimeOnly time)
    {
        var local = Local(Now);
        var day = DateOnly.FromDateTime(local.DateTime);
        for (var i = 0; i < 3; i++)
        {
            var instant = Instant(day.AddDays(i).ToDateTime(time));
            if (instant > Now)
            {
                return instant;
            }
        }

        return Now.AddDays(1);
    }

    /// <summary>When the reader's day began.</summary>
    public DateTimeOffset Midnight => Now - Local(Now).TimeOfDay;

    /// <summary>The instant of a time on the reader's wall clock. Skipped times move forward; of two, the earlier.</summary>
    public DateTimeOffset Instant(DateTime local)
    {
        while (Zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        var offset = Zone.IsAmbiguousTime(local) ? Zone.GetAmbiguousTimeOffsets(local).Max() : Zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>A time as the browser's field for a date and time has it, on the reader's wall clock.</summary>
    public string Field(DateTimeOffset at) => Local(at).ToString(FieldFormat, CultureInfo.InvariantCulture);

    /// <summary>What was typed into such a field; null: it is no time, or one at the ends of the calendar.</summary>
    public DateTimeOffset? Field(string? text) =>
        DateTime.TryParseExact(text, [FieldFormat, "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Year is > 1 and < 9999 ? Instant(local) : null;

    private static string Offset(TimeSpan offset) =>
        offset == TimeSpan.Zero ? "UTC" : $"UTC{(offset < TimeSpan.Zero ? "−" : "+")}{offset:hh\\:mm}";
}
