using NodaTime.TimeZones;

namespace Tocsin.OnCall;

/// <summary>The time-zone rules that schedules are worked out with; they come with the program, not with the system.</summary>
public static class ZoneRules
{
    /// <summary>The release of the tz database, such as 2026b.</summary>
    public static string Release => TzdbDateTimeZoneSource.Default.TzdbVersion;

    /// <summary>How many zones it knows.</summary>
    public static int Zones => TzdbDateTimeZoneSource.Default.GetIds().Count();
}
