namespace Tocsin.Tests;

/// <summary>
/// How long tests wait for what must come. It only ends what hangs: nothing that passes waits for it, so it is long enough for any machine, and no test
/// asserts on it.
/// </summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>A token that is cancelled when patience is over; whoever begins it disposes of it.</summary>
    public static CancellationTokenSource Begin() => new(Limit);
}
