using System.Globalization;
using System.Text;

namespace Tocsin.Estate;

/// <summary>Tells whether the files of an estate may have changed, without reading them.</summary>
internal static class EstateStamp
{
    /// <summary>
    /// Names, lengths and times of the files, and where links lead to: a mounted Kubernetes volume changes by switching a link.
    /// Equal stamps: nothing changed.
    /// </summary>
    public static string Of(string path)
    {
        try
        {
            var stamp = new StringBuilder();
            foreach (var file in File.Exists(path) ? [path] : EstateFiles.Find(path).Select(f => f.Path))
            {
                var target = File.ResolveLinkTarget(file, returnFinalTarget: true) ?? new FileInfo(file);
                stamp.Append(CultureInfo.InvariantCulture, $"{file}\n{target.FullName}\n{target.LastWriteTimeUtc.Ticks}\n{((FileInfo)target).Length}\n");
            }

            return stamp.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the midst of being replaced, or gone; the next look tells.
            return e.GetType().Name;
        }
    }
}
