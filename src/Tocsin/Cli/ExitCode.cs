namespace Tocsin.Cli;

/// <summary>What the process answers to its caller; scripts rely on these numbers.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The verb ran, and what it looked at is not as it should be.</summary>
    public const int CheckFailed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No server answered, or it answered that it cannot work now.</summary>
    public const int Unreachable = 3;

    /// <summary>The server answered no: wrong key, missing right, no such thing, not possible now.</summary>
    public const int Refused = 4;

    /// <summary>Settings or estate cannot be used as they are.</summary>
    public const int InvalidConfiguration = 5;

    /// <summary>A newer Tocsin has written the database.</summary>
    public const int NewerDatabase = 6;
}
