using System.CommandLine;
using System.CommandLine.Help;
using Tocsin.Cli;

namespace Tocsin.Tests.Cli;

public sealed class ReferenceTests
{
    [Fact]
    public async Task Every_verb_and_option_is_in_the_reference()
    {
        var reference = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", "reference", "cli.md"));
        var root = CommandTree.Create(new() { Out = TextWriter.Null, Error = TextWriter.Null, In = TextReader.Null, Environment = _ => null });

        var names = Below(root).SelectMany(command => command.Options.Where(option => option is not (HelpOption or VersionOption))
            .Select(option => option.Name).Prepend(command.Subcommands.Count > 0 ? command.Name : PathOf(command)));

        Assert.All(names.Distinct(StringComparer.Ordinal), name => Assert.Contains(name, reference, StringComparison.Ordinal));
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(child => Below(child).Prepend(child));

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand ? $"{parent.Name} {command.Name}" : $"`{command.Name}";

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tocsin.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
