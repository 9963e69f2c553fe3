using System.Reflection;

namespace Tocsin.Cli;

/// <summary>What was built, as the build wrote it into the assembly.</summary>
internal static class BuildInfo
{
    private static readonly string Informational =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    public static string Version { get; } = Informational.Split('+')[0];

    /// <summary>Empty when it was built outside a repository.</summary>
    public static string Commit { get; } = Informational.Split('+') is [_, var commit, ..] ? commit : "";
}
