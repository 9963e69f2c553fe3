using Tocsin.Cli;
using Tocsin.OnCall;

namespace Tocsin.Doctor;

/// <summary>The machine below: disk, folder, time zones.</summary>
internal static class MachineChecks
{
    private const long Gibibyte = 1L << 30;

    public static Finding Disk(string folder)
    {
        var existing = folder;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing) ?? Path.GetPathRoot(folder)!;
        }

        var free = new DriveInfo(existing).AvailableFreeSpace;
        var text = $"{free / (double)Gibibyte:0.0} GiB free for {folder}";
        return free switch
        {
            < Gibibyte / 4 => Finding.Problem("disk", text, "make room: when the disk is full, alerts are refused with 503 until there is space again"),
            < 2 * Gibibyte => Finding.Warning("disk", text, "make room soon, or lower Server:RetentionDays"),
            _ => Finding.Ok("disk", text),
        };
    }

    public static Finding Folder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Finding.Ok("data folder", $"{folder} is not there yet; the first start makes it");
        }

        var probe = Path.Combine(folder, $".doctor-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Problem("data folder", $"{folder} cannot be written: {e.Message}", "give it to the user that runs the server");
        }

        const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & others) != UnixFileMode.None
            ? Finding.Warning("data folder", $"{folder} can be read by every user of this machine; it holds secrets", $"chmod 700 {folder}")
            : Finding.Ok("data folder", $"{folder} can be written, and only by its owner or group");
    }

    /// <summary>On-call times depend on zone rules; those of the calendar come with the program, those of screens from the system.</summary>
    public static Finding TimeZones(DateTimeOffset now)
    {
        var text = $"rules of {ZoneRules.Release}, {ZoneRules.Zones} zones";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _))
        {
            return Finding.Problem("time zones", "the system has no time-zone data", "install it (Debian: tzdata)");
        }

        return now.Year - int.Parse(ZoneRules.Release[..4]) > 2
            ? Finding.Warning("time zones", $"{text}: more than two years old", "install a newer version of Tocsin; countries change their rules")
            : Finding.Ok("time zones", text);
    }

    public static Finding Clock(DateTimeOffset now, DateTimeOffset? database, DateTimeOffset? lastAlive)
    {
        if (lastAlive is { } alive && alive - now > TimeSpan.FromSeconds(30))
        {
            return Finding.Problem(
                "clock", $"it is {Words.Span(alive - now)} behind the last moment at which a node was at work", "set the clock; run an NTP client");
        }

        if (database is not { } theirs)
        {
            return Finding.Ok("clock", $"{now:yyyy-MM-dd HH:mm:ss} UTC; the embedded database uses the same");
        }

        var skew = (now - theirs).Duration();
        var text = $"{skew.TotalSeconds:0.0} s apart from the database's";
        return skew.TotalSeconds switch
        {
            > 30 => Finding.Problem("clock", text, "set the clocks of both machines; run an NTP client on each"),
            > 2 => Finding.Warning("clock", text, "run an NTP client on both machines"),
            _ => Finding.Ok("clock", text),
        };
    }
}
