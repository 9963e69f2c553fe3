using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Tocsin.OnCall.Ical;

/// <summary>What other programs make of the same calendars. The vectors are made by <c>eng/calendars/vectors.mjs</c>.</summary>
public sealed class IcalVectorTests
{
    [Fact]
    public void Random_repetitions_fall_on_the_days_that_rrule_finds()
    {
        List<string> wrong = [];
        var checkedBoth = 0;
        foreach (var vector in Vectors("rules.json"))
        {
            var rule = vector.GetProperty("rule").GetString()!;
            var start = vector.GetProperty("start").GetString()!;
            var expected = vector.GetProperty("times").EnumerateArray().Select(t => t.GetString()!).Where(t => string.CompareOrdinal(t, "20450101") < 0).ToList();
            var text = $"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:{start}\r\nDURATION:PT1M\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
            var last = DateTimeOffset.ParseExact(expected.Count < 20 ? "20450101T000000" : expected[^1], "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var read = IcalReader.Read(text, "UTC", At(2010), last.AddHours(1));
            var found = read.Value?.Entries.Select(e => e.From.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture)).ToList() ?? [];
            if (!found.SequenceEqual(expected) || read.Value!.Faults.Count > 0)
            {
                wrong.Add($"{start} {rule}\n  expected {string.Join(' ', expected)}\n  found    {string.Join(' ', found)} {read.Error?.Detail}{string.Join(' ', read.Value?.Faults ?? [])}");
            }

            checkedBoth += vector.GetProperty("both").GetBoolean() ? 1 : 0;
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} repetitions differ:\n{string.Join('\n', wrong.Take(10))}");
        Assert.True(checkedBoth > 300, "Most vectors are those that two other programs agree on.");
    }

    [Fact]
    public void Random_calendars_with_exceptions_and_changed_times_read_as_ical_js_reads_them()
    {
        List<string> wrong = [];
        foreach (var vector in Vectors("calendars.json"))
        {
            var text = vector.GetProperty("text").GetString()!;
            var allDay = vector.GetProperty("allDay").GetBoolean();
            var expected = vector.GetProperty("times").EnumerateArray().Select(t => t.GetString()!).Order(StringComparer.Ordinal).ToList();
            var read = IcalReader.Read(text, "UTC", At(2010), At(2028)).Value!;
            var format = allDay ? "yyyyMMdd" : "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            var found = read.Entries.Select(e => $"{e.From.ToString(format, CultureInfo.InvariantCulture)}/{e.To.ToString(format, CultureInfo.InvariantCulture)}")
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(expected.Count).ToList();
            if (!found.SequenceEqual(expected) || read.Faults.Count > 0)
            {
                wrong.Add($"{text}\n  missing {string.Join(' ', expected.Except(found).Take(6))}\n  extra   {string.Join(' ', found.Except(expected).Take(6))} {string.Join(' ', read.Faults)}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} calendars differ:\n{string.Join('\n', wrong.Take(4))}");
    }

    private static DateTimeOffset At(int year) => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static List<JsonElement> Vectors(string file, [CallerFilePath] string here = "")
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Vectors", file)));
        return [.. json.RootElement.Clone().EnumerateArray()];
    }
}
