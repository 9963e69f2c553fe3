using System.Text;

namespace Tocsin.Cli;

/// <summary>YAML files sent to a server as one text, with the way back from a line of it to the file that it came from.</summary>
internal sealed class EstateFiles
{
    private readonly List<(int FirstLine, string File)> _starts = [];

    private EstateFiles()
    {
    }

    public string Text { get; private set; } = "";

    /// <param name="path">A file, a folder (the same files of it that the server and <c>check</c> read), or - .</param>
    /// <exception cref="CliException">There is no such file, or the folder has none.</exception>
    public static async Task<EstateFiles> ReadAsync(string path, Terminal terminal, CancellationToken ct)
    {
        var all = new EstateFiles();
        if (path == "-")
        {
            all._starts.Add((1, "(standard input)"));
            all.Text = await terminal.In.ReadToEndAsync(ct);
            return all;
        }

        var text = new StringBuilder();
        var line = 1;
        foreach (var file in Find(path))
        {
            if (line > 1)
            {
                text.Append("---\n");
                line++;
            }

            var content = await ReadAsync(file, ct);
            all._starts.Add((line, file));
            text.Append(content);
            line += content.Count(c => c == '\n');
            if (!content.EndsWith('\n'))
            {
                text.Append('\n');
                line++;
            }
        }

        all.Text = text.ToString();
        return all;
    }

    /// <summary>Where a line of the whole text stands; null when a fault is about no line of it.</summary>
    public (string File, int Line)? Locate(int line)
    {
        if (line <= 0)
        {
            return null;
        }

        var (first, file) = _starts.Last(start => start.FirstLine <= line);
        return (file, line - first + 1);
    }

    private static string[] Find(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new CliException(ExitCode.Usage, $"there is no file or folder '{path}'");
        }

        string[] files = [.. Estate.EstateFiles.Find(path).Select(file => file.Path)];
        return files.Length > 0 ? files : throw new CliException(ExitCode.Usage, $"there is no .yaml file in '{path}'");
    }

    private static async Task<string> ReadAsync(string file, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllTextAsync(file, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"'{file}' cannot be read: {e.Message}");
        }
    }
}
