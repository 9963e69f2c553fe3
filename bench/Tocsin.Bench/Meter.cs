using System.Globalization;

namespace Tocsin.Bench;

/// <summary>
/// Measures one kind of call and prints a row of a Markdown table. Processor time is counted, not time on the wall: others who
/// use the machine meanwhile do not count.
/// </summary>
internal static class Meter
{
    private const int Rounds = 5;

    public static void Head()
    {
        Console.WriteLine("| call | processor ns a call, median of 5 | least | most | bytes a call |");
        Console.WriteLine("|---|---|---|---|---|");
    }

    /// <summary>Runs one round unmeasured, then five measured ones.</summary>
    /// <param name="round">Makes the calls, and returns something that depends on all of them, so that none can be left out.</param>
    /// <param name="calls">How many calls one round makes.</param>
    public static void Row(string name, int calls, Func<long> round)
    {
        var sink = round();
        var nanoseconds = new double[Rounds];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            var started = ProcessorTime();
            sink += round();
            nanoseconds[i] = (ProcessorTime() - started).TotalNanoseconds / calls;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        GC.KeepAlive(sink);
        Array.Sort(nanoseconds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {nanoseconds[Rounds / 2]:0} | {nanoseconds[0]:0} | {nanoseconds[^1]:0} | {allocated / Rounds / calls} |"));
    }

    /// <summary>Times something that happens once.</summary>
    public static T Once<T>(string name, Func<T> work)
    {
        var started = ProcessorTime();
        var result = work();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {(ProcessorTime() - started).TotalMilliseconds:0.0} ms, once."));
        return result;
    }

    private static TimeSpan ProcessorTime() => Environment.CpuUsage.TotalTime;
}
